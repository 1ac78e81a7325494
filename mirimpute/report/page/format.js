// Numbers as in the other tables: three significant digits, powers of ten outside 0.001 to 99,999.
function number(value) {
  if (value === null || value === undefined) return "—";
  if (value === 0) return "0.00";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 99999.5) return value.toExponential(2).replace("+", "");
  const exponent = Number(value.toExponential(2).split("e")[1]);
  return value.toFixed(Math.max(0, 2 - exponent));
}

function withSd(mean, sd) {
  return sd === null || sd === undefined ? number(mean) : `${number(mean)} ± ${number(sd)}`;
}

function probability(p) {
  return p < 1e-3 ? p.toExponential(0) : p.toFixed(3);
}

// Every text from rows goes through this or through textContent, never through innerHTML.
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function byId(id) {
  return document.getElementById(id);
}
