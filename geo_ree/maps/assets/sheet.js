/* A canvas that moves and zooms with the map and is drawn anew when it comes to rest. */
"use strict";
(function (g) {
  g.Sheet = L.Renderer.extend({
    options: { padding: 0.15 },
    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.style.pointerEvents = "none";
      this._ctx = this._container.getContext("2d");
    },
    _destroyContainer: function () {
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this._ctx;
      this._view = null;
    },
    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      /* Leaflet tells of one move more than once: what is drawn already is not drawn again. */
      var view = [this._map.getZoom(), this._map.getPixelOrigin(), this._bounds.min, this._bounds.max, L.Browser.retina].join();
      if (view === this._view) return;
      this._view = view;
      var box = this._bounds, size = box.getSize(), canvas = this._container, dots = L.Browser.retina ? 2 : 1;
      L.DomUtil.setPosition(canvas, box.min);
      canvas.width = dots * size.x;
      canvas.height = dots * size.y;
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      this._ctx.scale(dots, dots);
      this._ctx.translate(-box.min.x, -box.min.y);
      this.draw(this._ctx, box, dots);
    },
    redraw: function () {
      this._view = null;
      if (this._map) this._update();
      return this;
    }
  });
})(geoRee);
