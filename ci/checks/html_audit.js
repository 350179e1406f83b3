// SPDX-License-Identifier: GPL-2.0-only
// Looks at the page as it is painted now, with everything unfolded, and returns a list of what is wrong with it.
(() => {
  const kLeastContrast = 4.5;
  const problems = [];
  for (const details of document.querySelectorAll("details")) {
    details.open = true;
  }

  const parse = (colour) => {
    const numbers = colour.match(/[\d.]+/g);
    if (!numbers || colour === "none") {
      return [0, 0, 0, 0];
    }
    const [r, g, b, a = 1] = numbers.map(Number);
    return [r, g, b, a];
  };
  const over = (front, back) => front.slice(0, 3).map((value, i) => value * front[3] + back[i] * (1 - front[3])).concat(1);
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };

  const isShape = (element) => element instanceof SVGGeometryElement;
  // What is painted below a point of an element: backgrounds of boxes, fills of shapes.
  const paper = (element, x, y) => {
    const root = parse(getComputedStyle(document.body).backgroundColor);
    let colour = over(root, [255, 255, 255, 1]);
    const stack = document.elementsFromPoint(x, y).reverse();
    for (const below of stack) {
      const style = getComputedStyle(below);
      const painted = isShape(below) ? parse(style.fill) : parse(style.backgroundColor);
      painted[3] *= isShape(below) ? Number(style.opacity) : 1;
      colour = over(painted, colour);
      if (below === element) {
        break;
      }
    }
    return colour;
  };

  const told = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent.trim();
    const element = node.parentElement;
    if (!text || ["STYLE", "TITLE", "title", "desc"].includes(element.tagName)) {
      continue;
    }
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getClientRects()[0];
    if (!box || box.width === 0) {
      continue;
    }
    const style = getComputedStyle(element);
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const below = paper(element, box.left + Math.min(box.width / 2, 4), box.top + box.height / 2);
    const ratio = contrast(over(ink, below), below);
    const key = `${element.tagName}.${element.className}`;
    if (ratio < kLeastContrast && !told.has(key)) {
      told.add(key);
      problems.push(`contrast ${ratio.toFixed(2)} of "${text.slice(0, 40)}" in ${key}`);
    }
  }

  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  const first = headings.filter((heading) => heading.tagName === "H1").length;
  if (first !== 1) {
    problems.push(`${first} headings h1, not one`);
  }
  let level = 0;
  for (const heading of headings) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) {
      problems.push(`the level of headings jumps from ${level} to ${own} at "${heading.textContent}"`);
    }
    level = own;
    if (!heading.textContent.trim()) {
      problems.push(`an empty h${own}`);
    }
  }

  for (const image of document.querySelectorAll("img, svg")) {
    if (image.getAttribute("aria-hidden") === "true") {
      continue;
    }
    const named = image.getAttribute("aria-labelledby");
    const name = image.getAttribute("alt") || image.getAttribute("aria-label") ||
      (named && document.getElementById(named)?.textContent);
    if (!name?.trim()) {
      problems.push(`a ${image.tagName.toLowerCase()} has no name`);
    }
    if (image.tagName === "svg" && image.getAttribute("role") !== "img") {
      problems.push("an svg is neither an image nor hidden");
    }
  }
  if (!document.documentElement.lang) {
    problems.push("no lang");
  }
  if (!document.title.trim()) {
    problems.push("no title");
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.querySelector("th[scope]")) {
      problems.push("a table has no header cell with its scope");
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((one, i) => ids.indexOf(one) !== i)) {
    problems.push(`id ${id} is not unique`);
  }

  if (document.documentElement.scrollWidth > window.innerWidth) {
    const wide = [...document.body.querySelectorAll("*")].find((element) =>
      element.getBoundingClientRect().right > window.innerWidth + 1 && !element.parentElement.closest(".scroll, pre, svg"));
    problems.push(`wider than the screen: ${document.documentElement.scrollWidth} px, first by ` +
      `${wide?.tagName}.${wide?.className}`);
  }
  for (const link of document.querySelectorAll("[href], [src]")) {
    const target = link.getAttribute("href") ?? link.getAttribute("src");
    if (/^([a-z][a-z0-9+.-]*:)?\/\//i.test(target)) {
      problems.push(`leads out: ${target}`);
    }
  }
  if (document.querySelector("script, iframe, object, embed, link")) {
    problems.push("a script, a frame or a linked file");
  }
  return problems;
})()
