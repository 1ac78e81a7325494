# What the R programs here share: `data`, `task` and `m` of the files of a task, and finish(). docs/foreign.md describes the files.

need <- function(...) {
  for (package in c(...)) if (!requireNamespace(package, quietly = TRUE)) {
    message("R's package ", package, " is absent: run `make rivals`, or install it in R with install.packages(\"", package, "\")")
    quit(status = 69)
  }
}
need("jsonlite")

folder <- tail(commandArgs(trailingOnly = TRUE), 1)
argument <- head(commandArgs(trailingOnly = TRUE), 1)
task <- jsonlite::fromJSON(file.path(folder, "task.json"), simplifyVector = FALSE)
m <- task$completions
kinds <- vapply(task$columns, function(column) column$kind, "")

read_incomplete <- function() {
  raw <- read.csv(file.path(folder, "incomplete.csv"), colClasses = "character", na.strings = "", check.names = FALSE,
                  encoding = "UTF-8")
  data <- lapply(seq_along(kinds), function(j) {
    cells <- raw[[j]]
    if (!is.null(task$columns[[j]]$categories)) {
      levels <- unlist(task$columns[[j]]$categories)
      return(factor(cells, levels = levels[levels %in% cells], ordered = kinds[j] == "ordinal"))
    }
    if (kinds[j] == "datetime") return(as.numeric(as.POSIXct(cells, format = "%Y-%m-%dT%H:%M:%OS", tz = "UTC")))
    as.numeric(cells)
  })
  as.data.frame(setNames(data, paste0("x", seq_along(data)))) # names that every formula takes
}

# Write the completed tables and what the program says of itself.
finish <- function(tables, package, draws = TRUE) {
  force(tables) # R computes an argument when it is first used
  seconds <- proc.time()[["elapsed"]] - started
  for (number in seq_along(tables)) {
    cells <- lapply(tables[[number]][names(data)], function(column) if (is.factor(column)) as.character(column) else column)
    cells <- as.data.frame(setNames(cells, vapply(task$columns, function(column) column$name, "")), optional = TRUE)
    write.csv(cells, file.path(folder, paste0("completed-", number, ".csv")), row.names = FALSE, na = "",
              fileEncoding = "UTF-8")
  }
  version <- paste0(package, " ", packageVersion(package), ", R ", getRversion())
  report <- list(seconds = seconds, version = version, draws = draws)
  writeLines(jsonlite::toJSON(report, auto_unbox = TRUE, digits = NA), file.path(folder, "report.json"))
}

data <- read_incomplete()
set.seed(task$seed)
started <- proc.time()[["elapsed"]]
