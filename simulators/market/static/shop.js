// The shop that is empty without a browser: reads its data as JSON and draws the page.
(function () {
  "use strict";
  var app = document.getElementById("app");
  var shop = app.dataset.shop;
  var base = "/shop/" + shop + "/";

  function node(tag, attrs, children) {
    var made = document.createElement(tag);
    Object.keys(attrs || {}).forEach(function (key) { made.setAttribute(key, attrs[key]); });
    (children || []).forEach(function (child) {
      if (child === null || child === undefined) { return; }
      made.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
    });
    return made;
  }
  function yuan(fen) { return "¥" + (fen / 100).toFixed(2); }
  function link(href, text) { return node("a", { href: href }, [text]); }
  function lines(tag, cls, values) { return values.map(function (v) { return node(tag, { "class": cls }, [v]); }); }

  function frame(data, main) {
    document.title = data.title;
    app.appendChild(node("header", { "class": "x-head" }, [link(base, data.shop), link(base + "list", "全部商品"), link(base + "rules", "服务条款"), link(base + "licence", "证照信息")]));
    app.appendChild(node("main", { "class": "x-main" }, main));
    app.appendChild(node("footer", { "class": "x-foot" }, [link("https://beian.example.test/", data.icp), " 客服：" + data.phone]));
  }
  function card(one) {
    var price = one.list_text || ((one.note === "券后" || one.note === "新人价" ? one.note : "") + yuan(one.fen) + (one.note === "起" ? "起" : ""));
    return node("div", { "class": "x-card" }, [node("a", { href: one.href }, [node("img", { src: one.image, alt: one.title }), node("div", { "class": "x-name" }, [one.title])]), node("div", { "class": "x-price" }, [price]), one.sales ? node("div", { "class": "x-sold" }, ["月销 " + one.sales]) : null]);
  }
  function priceLine(p) {
    if (p.kind === "range") { return node("div", { "class": "x-now" }, [yuan(p.fen) + "-" + yuan(p.fen_max)]); }
    if (p.kind === "struck") { return node("del", { "class": "x-was" }, [yuan(p.fen)]); }
    if (p.kind === "coupon") { return node("div", { "class": "x-coupon" }, ["券后价 " + yuan(p.fen)]); }
    if (p.kind === "member") { return node("div", { "class": "x-vip" }, ["会员价 " + yuan(p.fen)]); }
    if (p.kind === "unit") { return node("div", { "class": "x-unit" }, [yuan(p.fen) + "/" + p.unit]); }
    return node("div", { "class": "x-now" }, [p.text || yuan(p.fen)]);
  }
  function option(one) {
    var box = node("input", { type: "checkbox" }, []);
    if (one.checked) { box.setAttribute("checked", ""); }
    return node("label", { "class": "x-opt" }, [box, one.label + (one.fen === null ? "" : " " + yuan(one.fen))]);
  }
  function detail(d) {
    var it = d.item;
    frame(d, [].concat(
      [node("div", { "class": "x-crumb" }, [it.category.replace("/", " > ")]), node("h1", {}, [it.title])],
      it.images.map(function (src) { return node("img", { src: src, alt: it.title }); }),
      it.prices.filter(function (p) { return p.sku === null; }).map(priceLine),
      lines("div", "x-promo", it.promotions), lines("div", "x-gift", it.gifts),
      it.skus.map(function (s) { return node("button", { type: "button", "class": "x-sku" }, [s.name + (s.fen === null ? "" : " " + yuan(s.fen))]); }),
      it.options.map(option),
      [node("div", { "class": "x-num" }, [it.sales ? "月销 " + it.sales + " " : "", it.stock === null ? "" : "库存 " + it.stock + " 件", it.rating ? " 评分 " + it.rating : ""])],
      [node("ul", { "class": "x-params" }, [["品牌", it.brand]].concat(it.attributes).map(function (kv) { return node("li", {}, [kv[0] + "：" + kv[1]]); }))],
      [node("div", { "class": "x-desc" }, lines("p", "", it.description))],
      lines("blockquote", "x-review", it.reviews)
    ));
  }
  function list(d) {
    var links = [];
    for (var n = 1; n <= d.pages; n += 1) { links.push(link(base + "list" + (n === 1 ? "" : "?page=" + n), "第" + n + "页")); }
    frame(d, [node("h2", {}, [d.heading]), d.notice ? node("p", { "class": "x-notice" }, ["店铺公告：" + d.notice]) : null, node("div", { "class": "x-list" }, d.items.map(card)), node("div", { "class": "x-pages" }, links)]);
  }
  function rows(d) {
    frame(d, [node("h2", {}, [d.heading])].concat(d.rows.map(function (kv) { return node("p", {}, [kv[0] ? kv[0] + "：" + kv[1] : kv[1]]); }), d.image ? [node("img", { src: d.image, alt: "营业执照" })] : []));
  }
  fetch(base + "api/" + app.dataset.page).then(function (answer) { return answer.json(); }).then(function (d) {
    ({ detail: detail, list: list, rows: rows })[d.view](d);
    app.setAttribute("data-ready", "1");
  });
}());
