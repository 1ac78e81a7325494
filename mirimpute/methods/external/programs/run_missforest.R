# R's missForest with its defaults (Stekhoven & Buehlmann 2012): one completed table. It knows no order of categories.
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "rival.R"))
need("missForest")
started <- proc.time()[["elapsed"]]
unordered <- as.data.frame(lapply(data, function(column) if (is.ordered(column)) factor(column, ordered = FALSE) else column))
finish(list(missForest::missForest(unordered)$ximp), "missForest", draws = FALSE)
