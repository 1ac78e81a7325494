# R's missRanger: several completed tables as its vignette on multiple imputation makes them, a single one by its defaults.
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "rival.R"))
need("missRanger", "ranger")
started <- proc.time()[["elapsed"]]
settings <- if (m > 1) list(pmm.k = 10, num.trees = 50) else list()
run <- function(number) {
  do.call(missRanger::missRanger, c(list(data, verbose = 0, num.threads = task$threads), settings))
}
finish(lapply(seq_len(m), run), "missRanger", draws = m > 1)
