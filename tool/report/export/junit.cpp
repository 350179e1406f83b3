// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

#include "base/printable.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

using pugi::xml_node;

/// The numbers that a testsuite and testsuites carry.
struct Totals {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    double seconds = 0;

    void add(TestStatus status, double took) {
        ++tests;
        failures += status == TestStatus::fail ? 1 : 0;
        errors += status == TestStatus::error ? 1 : 0;
        skipped += status == TestStatus::skip || status == TestStatus::expected_fail ? 1 : 0;
        seconds += took;
    }
    Totals& operator+=(const Totals& other) {
        tests += other.tests;
        failures += other.failures;
        errors += other.errors;
        skipped += other.skipped;
        seconds += other.seconds;
        return *this;
    }
};

/// Attribute values and text are cleaned here: pugixml escapes, but writes forbidden characters as they come.
void set(xml_node node, const char* name, std::string_view value) {
    node.append_attribute(name).set_value(one_line(value).c_str());
}
void set_seconds(xml_node node, double seconds) { set(node, "time", fmt::format("{:.3f}", seconds)); }
void set_text(xml_node node, std::string_view text) { node.text().set(printable_lines(text).c_str()); }

void write(const Totals& totals, xml_node node) {
    set(node, "tests", std::to_string(totals.tests));
    set(node, "failures", std::to_string(totals.failures));
    set(node, "errors", std::to_string(totals.errors));
    set_seconds(node, totals.seconds);
}

/// A testsuite knows what it skipped; the schemas in use give testsuites no such attribute, and no time stamp.
void write_suite(const Totals& totals, xml_node node) {
    write(totals, node);
    set(node, "skipped", std::to_string(totals.skipped));
}

/// Without the zone: the schemas in use allow none.
void set_timestamp(xml_node node, std::string_view time) {
    if (!time.empty()) {
        set(node, "timestamp", time.substr(0, time.find('Z')));
    }
}

/// Dots would make packages of it.
std::string class_of(std::string kernel) {
    std::replace(kernel.begin(), kernel.end(), '.', '_');
    return fmt::format("blkhang.{}", kernel);
}

class Properties {
public:
    explicit Properties(xml_node parent) : node_(parent.append_child("properties")) {}
    void add(std::string_view name, std::string_view value) {
        xml_node property = node_.append_child("property");
        set(property, "name", name);
        set(property, "value", value);
    }

private:
    xml_node node_;
};

/// Nothing for a test that passed.
const char* outcome_element(TestStatus status) {
    switch (status) {
        case TestStatus::pass:
            return nullptr;
        case TestStatus::fail:
            return "failure";
        case TestStatus::expected_fail:
        case TestStatus::skip:
            return "skipped";
        case TestStatus::error:
            break;
    }
    return "error";
}

void write(const TestCase& test, const std::string& kernel, xml_node suite) {
    xml_node node = suite.append_child("testcase");
    set(node, "classname", class_of(kernel));
    set(node, "name", test.name);
    set_seconds(node, test.result.total_s);
    std::string output = details(test);
    if (const char* element = outcome_element(test.status); element != nullptr) {
        xml_node outcome = node.append_child(element);
        set(outcome, "message",
            test.status == TestStatus::expected_fail ? fmt::format("as expected, {}", headline(test)) : headline(test));
        set(outcome, "type", to_string(test.result.verdict));
        const bool carries_text = test.status == TestStatus::fail || test.status == TestStatus::error;
        if (carries_text) {
            set_text(outcome, output);
            output.clear();
        }
    }
    if (!test.evidence.log.empty()) {
        output += fmt::format("{}The end of the kernel's log:\n{}", output.empty() ? "" : "\n", test.evidence.log);
    }
    if (!output.empty()) {
        set_text(node.append_child("system-out"), output);
    }
}

Totals write(const TestSuite& suite, const std::string& tool, xml_node parent) {
    Totals totals;
    for (const TestCase& test : suite.cases) {
        totals.add(test.status, test.result.total_s);
    }
    xml_node node = parent.append_child("testsuite");
    set(node, "name", suite.kernel);
    write_suite(totals, node);
    set_timestamp(node, suite.cases.front().result.started);
    Properties properties(node);
    properties.add("kernel", suite.label.empty() ? suite.kernel : suite.label);
    properties.add("kernel_release", suite.release.empty() ? "unknown" : suite.release);
    properties.add("blkhang", tool);
    for (const TestCase& test : suite.cases) {
        write(test, suite.kernel, node);
    }
    return totals;
}

Totals write_incomplete(const TestResults& results, xml_node parent) {
    Totals totals;
    totals.add(TestStatus::error, 0);
    xml_node suite = parent.append_child("testsuite");
    set(suite, "name", "matrix");
    write_suite(totals, suite);
    xml_node test = suite.append_child("testcase");
    set(test, "classname", "blkhang.matrix");
    set(test, "name", "is complete");
    set_seconds(test, 0);
    xml_node error = test.append_child("error");
    set(error, "message", incompleteness(results));
    set(error, "type", "error");
    return totals;
}

}  // namespace

std::string render_junit(const TestResults& results) {
    pugi::xml_document document;
    xml_node declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    xml_node root = document.append_child("testsuites");
    set(root, "name", "blkhang");
    Totals totals;
    for (const TestSuite& suite : results.suites) {
        totals += write(suite, results.tool, root);
    }
    if (results.missing > 0) {
        totals += write_incomplete(results, root);
    }
    write(totals, root);
    std::ostringstream text;
    document.save(text, "  ");
    return text.str();
}

}  // namespace blkhang
