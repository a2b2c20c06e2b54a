// The link carries its key behind «#», which a browser sends to nobody: it goes into the form, and out of the address.
"use strict";
function takeKey() {
  const field = document.querySelector("#llave");
  const key = window.location.hash.slice(1);
  if (key) window.history.replaceState(null, "", "/");
  if (field && key) {
    field.value = key;
    document.querySelector("#entrar").focus();
  }
}
document.addEventListener("DOMContentLoaded", takeKey);
window.addEventListener("hashchange", takeKey);
