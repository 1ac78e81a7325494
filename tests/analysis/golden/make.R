# Completed tables of R's mice, and what R says of them: Rscript make.R FOLDER. Needs mice and mitml; survival is R's own.
# The call of mice is that of mice's own test of pool(), in the random numbers of R 3.5.
folder <- commandArgs(trailingOnly = TRUE)[1]
suppressMessages({library(mice); library(survival)})
suppressWarnings(RNGversion("3.5.0"))
imp <- mice(nhanes2, print = FALSE, maxit = 2, seed = 121, use.matcher = TRUE)
imp$data$row <- seq_len(nrow(imp$data))
tables <- lapply(seq_len(imp$m), function(k) {
  table <- complete(imp, k)
  table$row <- seq_len(nrow(table))
  table$visits <- (7 * table$row) %% 5
  table$time <- (37 * table$row) %% 23 + 1      # with ties
  table$event <- as.numeric(table$row %% 3 != 0)
  cbind(draw = k, table)
})
write.csv(do.call(rbind, tables), file.path(folder, "completed.csv"), row.names = FALSE, quote = FALSE)
write.csv(nhanes2, file.path(folder, "nhanes2.csv"), row.names = FALSE, quote = FALSE, na = "")

exact <- list(epsilon = 1e-12)
fit <- function(f) as.mira(lapply(tables, f))
fits <- list(
  ols = fit(function(t) lm(bmi ~ chl + age + hyp, data = t)),
  logit = fit(function(t) glm(hyp == "yes" ~ bmi + chl, family = binomial, data = t, control = exact)),
  poisson = fit(function(t) glm(visits ~ bmi + age, family = poisson, data = t, control = exact)),
  cox = fit(function(t) coxph(Surv(time, event) ~ bmi + age, data = t))
)
pooled <- do.call(rbind, lapply(names(fits), function(name) {
  p <- pool(fits[[name]])
  s <- summary(p, conf.int = TRUE)
  data.frame(model = name, term = as.character(s$term), estimate = s$estimate, se = s$std.error, statistic = s$statistic,
             df = s$df, p = s$p.value, low = s[["2.5 %"]], high = s[["97.5 %"]], fmi = p$pooled$fmi,
             lambda = p$pooled$lambda)
}))
write.csv(format(pooled, digits = 10, trim = TRUE), file.path(folder, "pooled.csv"), row.names = FALSE, quote = FALSE)
write.csv(format(cbind(column = names(nhanes), flux(nhanes)[, 1:3]), digits = 10, trim = TRUE),
          file.path(folder, "flux.csv"), row.names = FALSE, quote = FALSE)

if (requireNamespace("mitml", quietly = TRUE)) {
  without <- list(
    age = list("ols", fit(function(t) lm(bmi ~ chl + hyp, data = t))),
    "chl hyp" = list("ols", fit(function(t) lm(bmi ~ age, data = t))),
    "chl age hyp" = list("ols", fit(function(t) lm(bmi ~ 1, data = t))),
    "bmi chl" = list("logit", fit(function(t) glm(hyp == "yes" ~ 1, family = binomial, data = t, control = exact))),
    "bmi age" = list("poisson", fit(function(t) glm(visits ~ 1, family = poisson, data = t, control = exact)))
  )
  test <- function(terms) {
    model <- without[[terms]][[1]]
    smaller <- without[[terms]][[2]]
    full <- fits[[model]]
    large <- mitml::testModels(as.mitml.result(full), as.mitml.result(smaller), method = "D1")
    results <- list(D1 = D1(full, smaller)$result, "D1 of many" = large$test, D2 = D2(full, smaller)$result)
    do.call(rbind, lapply(names(results), function(name) {
      values <- as.vector(results[[name]])
      data.frame(model = model, terms = terms, test = name, statistic = values[1], df1 = values[2], df2 = values[3],
                 p = values[4], riv = values[5])
    }))
  }
  joint <- do.call(rbind, lapply(names(without), test))
  write.csv(format(joint, digits = 10, trim = TRUE), file.path(folder, "joint.csv"), row.names = FALSE, quote = FALSE)
}
