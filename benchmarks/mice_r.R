# Completes a CSV by R's own mice: Rscript mice_r.R IN OUT M MAXIT SEED METHOD FACTORS
# METHOD is that of numbers (pmm, norm), or of all columns (cart, rf); FACTORS are the numbers of the columns of categories, with commas, or "none".
# OUT holds the M completed tables below one another.
suppressPackageStartupMessages(library(mice))
given <- commandArgs(trailingOnly = TRUE)
table <- read.csv(given[1], na.strings = "NA")
factors <- if (given[7] == "none") integer(0) else as.integer(strsplit(given[7], ",")[[1]])
for (column in factors) table[[column]] <- factor(table[[column]])
of_factors <- if (given[6] %in% c("cart", "rf")) rep(given[6], 3) else c("logreg", "polyreg", "polr")
method <- make.method(table, defaultMethod = c(given[6], of_factors))
found <- mice(table, m = as.integer(given[3]), maxit = as.integer(given[4]), seed = as.integer(given[5]),
              method = method, printFlag = FALSE)
completed <- complete(found, "long")[names(table)]
if (anyNA(completed)) stop("mice left holes: it takes columns with a correlation of .999 and more for copies")
write.csv(completed, given[2], row.names = FALSE)
