/* Rows of a table that are copied are lines with a tab between their cells, and text that is being selected opens nothing. */
"use strict";
(function (g) {
  function cells(tr) {
    return Array.from(tr.cells).filter(function (cell) { return cell.offsetParent !== null; }).map(function (cell) {
      return cell.innerText.replace(/\s+/g, " ").trim();
    }).join("\t");
  }
  function tableOf(node) {
    var there = node && (node.nodeType === 1 ? node : node.parentElement);
    return there ? there.closest("table") : null;
  }
  var pressed = null;
  document.addEventListener("pointerdown", function (e) { pressed = e; }, true);
  /* Whether a click is the end of a selection of text that the pointer drew, and no choice. */
  g.selecting = function (click) {
    var far = pressed && Math.hypot(click.clientX - pressed.clientX, click.clientY - pressed.clientY) > 4;
    return Boolean(far) && String(window.getSelection()).trim() !== "";
  };
  document.addEventListener("copy", function (e) {
    var s = window.getSelection(), table = tableOf(s.anchorNode), from, rows;
    if (s.isCollapsed || !table || table !== tableOf(s.focusNode)) return;
    from = s.anchorNode.nodeType === 1 ? s.anchorNode : s.anchorNode.parentElement;
    if (from.closest("td, th") && from.closest("td, th").contains(s.focusNode)) return; /* words of one cell */
    rows = Array.from(table.rows).filter(function (tr) { return s.containsNode(tr, true); });
    e.clipboardData.setData("text/plain", rows.map(cells).join("\n"));
    e.preventDefault();
  });
})(geoRee);
