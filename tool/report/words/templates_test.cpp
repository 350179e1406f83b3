// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "embedded/templates.h"

namespace blkhang {
namespace {

using ::testing::HasSubstr;

class TemplatesTest : public testing::Test {
protected:
    void put(const std::string& name, const std::string& text) const {
        ASSERT_TRUE(write_file(directory_.path() / name, text));
    }

    TempDir directory_ = TempDir::make("templates-test").value();
    Templates templates_ = Templates::built_in();
};

TEST_F(TemplatesTest, EveryOneBuiltInIsValid) {
    ASSERT_FALSE(embedded::templates().empty());
    for (const auto& [name, text] : embedded::templates()) {
        EXPECT_TRUE(templates_.render(name, nlohmann::ordered_json::object())) << name;
    }
}

TEST_F(TemplatesTest, HtmlIsEscapedAndTextIsNot) {
    const nlohmann::ordered_json values{{"title", "<a> & b"}};
    put("record.html.mustache", "{{title}} {{{title}}}");
    put("record.txt.mustache", "{{title}}");
    ASSERT_TRUE(templates_.replace_from(directory_.path()));
    EXPECT_EQ(templates_.render("record.html.mustache", values).value(), "&lt;a&gt; &amp; b <a> & b");
    EXPECT_EQ(templates_.render("record.txt.mustache", values).value(), "<a> & b");
}

TEST_F(TemplatesTest, ListsNumbersAndWhatIsMissing) {
    put("record.txt.mustache", "{{#rows}}{{name}}={{count}};{{/rows}}{{^none}}nothing{{/none}}{{absent}}");
    ASSERT_TRUE(templates_.replace_from(directory_.path()));
    const nlohmann::ordered_json values{{"rows", {{{"name", "a"}, {"count", 1}}, {{"name", "b"}, {"count", 2}}}}};
    EXPECT_EQ(templates_.render("record.txt.mustache", values).value(), "a=1;b=2;nothing");
}

TEST_F(TemplatesTest, LinesOfTagsOnlyAreNoLines) {
    put("record.txt.mustache",
        "{{! a comment\nof two lines }}\n"
        "a\n{{#none}}\nnever\n{{/none}}\nb\n\n  {{#list}}\n- {{.}}\n\n  {{/list}}\n"
        "{{^none}}\n\nc{{#none}}d{{/none}}\n{{/none}}\n{{> record.html}}\n{{#none}} e\n{{/none}}");
    put("record.html.mustache", "{{#none}}\n{{/none}}\nincluded\n");
    ASSERT_TRUE(templates_.replace_from(directory_.path()));
    EXPECT_EQ(templates_.render("record.txt.mustache", {{"list", {"x", "y"}}}).value(),
              "a\nb\n\n- x\n\n- y\n\n\nc\nincluded\n");
}

TEST_F(TemplatesTest, OneThatNothingUsesIsAnErrorThatNamesTheNearest) {
    put("record.html.mustache2", "not a template by its name");
    put("recod.txt.mustache", "");
    const auto replaced = templates_.replace_from(directory_.path());
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().fault(), Fault::usage);
    EXPECT_THAT(replaced.error().message(), HasSubstr("did you mean 'record.txt.mustache'"));
}

TEST_F(TemplatesTest, ADamagedOneIsToldWithItsName) {
    put("record.txt.mustache", "{{#open}} never closed");
    ASSERT_TRUE(templates_.replace_from(directory_.path()));
    const auto rendered = templates_.render("record.txt.mustache", {{"open", true}});
    ASSERT_FALSE(rendered);
    EXPECT_THAT(rendered.error().message(), HasSubstr("record.txt.mustache"));
}

TEST_F(TemplatesTest, OneThatIncludesItselfIsAnErrorThatShowsTheWay) {
    put("record.txt.mustache", "{{> style.html}}{{ > timeline.html }}");
    put("style.html.mustache", "ends here");
    put("timeline.html.mustache", "{{#deadlock}}{{>record.html}}{{/deadlock}}");
    put("record.html.mustache", "{{> style.html}}{{> timeline.html}}");
    ASSERT_TRUE(templates_.replace_from(directory_.path()));
    const auto rendered = templates_.render("record.txt.mustache", {{"deadlock", true}});
    ASSERT_FALSE(rendered);
    EXPECT_EQ(rendered.error().fault(), Fault::usage);
    EXPECT_THAT(rendered.error().message(),
                HasSubstr("template timeline.html.mustache: it includes itself: record.txt.mustache > "
                          "timeline.html.mustache > record.html.mustache > timeline.html.mustache"));
    EXPECT_EQ(templates_.render("style.html.mustache", nlohmann::ordered_json::object()).value(), "ends here");
}

TEST_F(TemplatesTest, IncludedOverAndOverItIsTooMuch) {
    std::string many;
    for (int i = 0; i < 2000; ++i) {
        many += "{{> style.html}}";
    }
    put("record.txt.mustache", many);
    put("style.html.mustache", std::string(10'000, 'x'));
    ASSERT_TRUE(templates_.replace_from(directory_.path()));
    const auto rendered = templates_.render("record.txt.mustache", nlohmann::ordered_json::object());
    ASSERT_FALSE(rendered);
    EXPECT_THAT(rendered.error().message(), HasSubstr("it includes more than 16 MiB"));
}

TEST_F(TemplatesTest, DelimitersStayWhatTheyAre) {
    put("record.txt.mustache", "{{=<% %>=}}<%> record.txt%>");
    ASSERT_TRUE(templates_.replace_from(directory_.path()));
    EXPECT_FALSE(templates_.render("record.txt.mustache", nlohmann::ordered_json::object()));
}

TEST_F(TemplatesTest, NoDirectoryIsAUsageError) {
    const auto replaced = templates_.replace_from(directory_.path() / "none");
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().fault(), Fault::usage);
}

}  // namespace
}  // namespace blkhang
