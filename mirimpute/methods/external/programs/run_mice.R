# R's mice with its defaults, once for each completed table; its methods of categories for pmm and norm (van Buuren 2011).
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "rival.R"))
need("mice")
suppressPackageStartupMessages(library(mice))
started <- proc.time()[["elapsed"]]
categories <- c("logreg", "polyreg", "polr")
defaults <- switch(argument, pmm = , norm = c(argument, categories), rep(argument, 4))
run <- function(...) mice(data, m = m, defaultMethod = defaults, printFlag = FALSE, seed = task$seed, ...)
tables <- complete(run(), "all")
# By default columns that others nearly are, and constant ones, are left with their holes.
if (any(sapply(tables, anyNA))) {
  message("mice left holes in collinear or constant columns: run again with remove.collinear = FALSE")
  tables <- complete(run(remove.collinear = FALSE, remove.constant = FALSE), "all")
}
finish(tables, "mice")
