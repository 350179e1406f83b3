// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/lock_graph_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <sstream>

#include "report/words/export_text.h"

namespace blkhang {
namespace {

using pugi::xml_node;

constexpr std::array<std::string_view, 6> kShapes{"path", "polygon", "polyline", "ellipse", "text", "g"};
constexpr std::array<std::string_view, 13> kGeometry{
    "d", "points", "cx", "cy", "rx", "ry", "x", "y", "class", "transform", "text-anchor", "font-size", "font-weight"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

void copy(const xml_node& from, xml_node to) {  // NOLINT(misc-no-recursion): as deep as dot nests groups, three levels
    for (const auto& attribute : from.attributes()) {
        if (is_one_of(kGeometry, attribute.name())) {
            to.append_attribute(attribute.name()) = attribute.value();
        }
    }
    for (const auto& child : from.children()) {
        if (child.type() == pugi::node_element && is_one_of(kShapes, child.name())) {
            copy(child, to.append_child(child.name()));
        } else if (child.type() == pugi::node_pcdata && std::string_view(to.name()) == "text") {
            to.append_child(pugi::node_pcdata).set_value(child.value());
        }
    }
}

/// Width and height of "0.00 0.00 233.00 405.00".
struct Size {
    double width = 0, height = 0;
};
Size size_of(const char* view_box) {
    std::istringstream numbers(view_box);
    double left = 0;
    double top = 0;
    Size size;
    numbers >> left >> top >> size.width >> size.height;
    return numbers ? size : Size{};
}

void append_text(xml_node parent, const char* element, const char* id, std::string_view text) {
    xml_node node = parent.append_child(element);
    node.append_attribute("id") = id;
    node.text().set(one_line(text).c_str());
}

}  // namespace

Result<std::string> embeddable_svg(std::string_view dot_output, std::string_view name, std::string_view description) {
    pugi::xml_document drawn;
    const auto parsed = drawn.load_buffer(dot_output.data(), dot_output.size());
    const xml_node root = drawn.child("svg");
    const Size size = size_of(root.attribute("viewBox").value());
    if (!parsed || size.width <= 0 || size.height <= 0) {
        return fail(Fault::broken, fmt::format("what dot wrote is no SVG picture{}{}", parsed ? "" : ": ",
                                               parsed ? "" : parsed.description()));
    }
    pugi::xml_document result;
    xml_node svg = result.append_child("svg");
    svg.append_attribute("xmlns") = "http://www.w3.org/2000/svg";
    svg.append_attribute("class") = "lock-graph";
    svg.append_attribute("role") = "img";
    svg.append_attribute("aria-labelledby") = "lock-graph-name";
    svg.append_attribute("aria-describedby") = "lock-graph-description";
    svg.append_attribute("width") = fmt::format("{:.0f}", size.width).c_str();
    svg.append_attribute("height") = fmt::format("{:.0f}", size.height).c_str();
    svg.append_attribute("viewBox") = root.attribute("viewBox").value();
    append_text(svg, "title", "lock-graph-name", name);
    append_text(svg, "desc", "lock-graph-description", description);
    copy(root, svg);
    std::ostringstream text;
    result.save(text, "", pugi::format_raw | pugi::format_no_declaration);
    return text.str();
}

}  // namespace blkhang
