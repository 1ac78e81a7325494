# R's Amelia with its defaults (Honaker, King & Blackwell 2011): bootstrapped EM of a Gaussian; categories are told to it.
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "rival.R"))
need("Amelia")
suppressMessages(library(Amelia))
started <- proc.time()[["elapsed"]]
of <- function(kind) if (any(kinds == kind)) names(data)[kinds == kind]
imputed <- amelia(data, m = m, noms = of("categorical"), ords = of("ordinal"), p2s = 0)
if (imputed$code != 1) stop(imputed$message)
finish(imputed$imputations, "Amelia")
