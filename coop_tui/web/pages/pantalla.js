// Loaded after Textual's own script, which opens its terminal on load: it waits for the font, whose width it measures.
// The keyboard is the terminal's once it is connected, and the button's when the session is over.
"use strict";
const openTerminal = window.onload;
const has = (name) => document.body.classList.contains(name);
const focusOn = (name) => document.querySelector(name)?.focus();
const giveKeyboard = () => {
  if (has("-closed")) focusOn("#otra-vez");
  else if (has("-loaded")) focusOn(".xterm-helper-textarea");
};
window.onload = async (event) => {
  const styles = ["", "bold ", "italic "];
  await Promise.allSettled(styles.map((style) => document.fonts.load(`${style}16px "Roboto Mono"`)));
  openTerminal(event);
};
window.addEventListener("focus", giveKeyboard);
document.addEventListener("DOMContentLoaded", () => {
  new MutationObserver(giveKeyboard).observe(document.body, { attributes: true, attributeFilter: ["class"] });
});
