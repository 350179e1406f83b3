// SPDX-License-Identifier: GPL-2.0-only
// A user's template for the text of a record.
#include "report/words/templates.h"

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "harness.h"

namespace blkhang::fuzz {

const Registered kTemplates{{
    .name = "templates",
    .longest = 1024,
    .attempt =
        [](std::string_view input) {
            static const TempDir kDirectory = TempDir::make("fuzz-templates").value();
            static const auto kValues = nlohmann::ordered_json::parse(
                R"({"title":"x","yes":true,"no":false,"list":[{"name":"a"},{"name":"<b>"}],"empty":[],"inner":{"name":"c"}})");
            require(write_file(kDirectory.path() / "record.txt.mustache", input).has_value(), "no room for the input");
            auto templates = Templates::built_in();
            if (templates.replace_from(kDirectory.path())) {
                static_cast<void>(templates.render("record.txt.mustache", kValues));
            }
        },
    .seeds =
        [] {
            return std::vector<std::string>{"{{title}}\n{{#list}}\n- {{name}} {{{name}}}\n{{/list}}\n",
                                            "{{^empty}}none{{/empty}}{{! note }}{{=<% %>=}}<%inner.name%>{{x}}\n",
                                            "{{#yes}}{{#no}}{{/no}}{{/yes}}{{&title}}\n{{> mail.txt}}\n"};
        },
    .words =
        [] {
            return std::vector<std::string>{
                "{{", "}}", "{{{", "}}}", "{{#list}}", "{{/list}}", "{{^", "{{=<% %>=}}", "{{> record.txt}}"};
        },
}};

}  // namespace blkhang::fuzz
