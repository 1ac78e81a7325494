# VIM's irmi with its defaults (Templ, Kowarik & Filzmoser 2011), several completed tables by its own `mi`.
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "rival.R"))
need("VIM")
started <- proc.time()[["elapsed"]]
imputed <- suppressMessages(VIM::irmi(data, mi = m, imp_var = FALSE))
finish(if (m > 1) imputed else list(imputed), "VIM")
