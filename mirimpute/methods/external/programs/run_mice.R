# R's mice with its defaults, once for each completed table; its methods of categories for pmm and norm (van Buuren 2011).
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "rival.R"))
need("mice")
suppressPackageStartupMessages(library(mice))
started <- proc.time()[["elapsed"]]
categories <- c("logreg", "polyreg", "polr")
defaults <- switch(argument, pmm = , norm = c(argument, categories), rep(argument, 4))
imputed <- mice(data, m = m, defaultMethod = defaults, printFlag = FALSE, seed = task$seed)
finish(complete(imputed, "all"), "mice")
