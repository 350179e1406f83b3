// SPDX-License-Identifier: GPL-2.0-only
#include "report/export/kcidb.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <set>

#include "base/ascii.h"
#include "base/printable.h"
#include "record/archive.h"
#include "report/mail/kernel.h"
#include "report/words/export_text.h"

namespace blkhang {
namespace {

constexpr int kMajor = 5, kMinor = 3;
constexpr std::size_t kExcerpt = 16384;  // characters; counting bytes stays within that
constexpr std::size_t kExcerptLog = 4096;

/// Version 5 (from a name, by SHA-1), in a name space of our own.
std::string uuid_of(const std::vector<std::string>& content) {
    const auto space = boost::uuids::string_generator()("6f2d8e5c-3c0b-5d5e-9a55-1f0c8f7b2011");
    // No part can hold the separator, so that different parts never make the same name.
    return to_string(boost::uuids::name_generator_sha1(space)(fmt::format("{}", fmt::join(content, "\n"))));
}

bool is_kcidb_letter(char c) { return ascii::is_word(c) && c == ascii::lower(c); }
/// As origins and architectures are called.
bool is_kcidb_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_kcidb_letter);
}

/// A word of a test's path.
std::string word(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return !ascii::is_word(c); }, '_');
    return text;
}

std::string path_of(const CellResult& result) {
    return fmt::format("blkhang.{}{}", result.calibration ? "calibration." : "", word(result.subject.profile));
}

const char* status_of(const TestCase& test) {
    switch (test.status) {
        case TestStatus::pass:
            return "PASS";
        case TestStatus::fail:
        case TestStatus::expected_fail:
            return "FAIL";
        case TestStatus::skip:
            return "SKIP";
        case TestStatus::error:
            break;
    }
    return test.result.load_s > 0 ? "ERROR" : "MISS";
}

std::string log_excerpt(const TestCase& test) {
    const std::string log{tail(printable_lines(test.evidence.log), kExcerptLog)};
    const std::string end = log.empty() ? "" : fmt::format("\nThe end of the kernel's log:\n{}", log);
    return fmt::format("{}{}", head(details(test), kExcerpt - end.size()), end);
}

template <class T>
Json object_of(const std::map<std::string, T>& values) {
    Json object = Json::object();
    for (const auto& [key, value] : values) {
        object[printable_lines(key)] = value;
    }
    return object;
}

Json misc_of(const TestCase& test, const std::string& tool) {
    const CellResult& result = test.result;
    Json misc = {{"verdict", to_string(result.verdict)},
                 {"plant", one_line(result.subject.plant)},
                 {"calibration", result.calibration},
                 {"repeat", result.repeat},
                 {"trials", result.trials},
                 {"load_s", result.load_s},
                 {"load", object_of(result.load)},
                 {"tool", one_line(tool)}};
    for (const std::string& reason : result.reasons) {
        misc["reasons"].push_back(one_line(reason));
    }
    if (!test.evidence.record) {
        return misc;
    }
    const Record& record = *test.evidence.record;
    misc["coverage"] = Json::array();
    for (const CoverageItem& item : record.coverage) {
        misc["coverage"].push_back(
            {{"id", one_line(item.id)}, {"count", item.count}, {"required", item.required}, {"met", item.met}});
    }
    misc["tier"] = one_line(record.tier.used);
    misc["lost_events"] = record.lost_events;
    misc["taint_before"] = record.kernel.taint_before;
    if (record.kernel.taint_after) {
        misc["taint_after"] = *record.kernel.taint_after;
    }
    if (record.deadlock) {
        misc["deadlock"] = {{"kind", one_line(record.deadlock->kind)}, {"closed_ms", record.deadlock->closed_ms}};
    }
    return misc;
}

class Submission {
public:
    Submission(const TestResults& results, std::string origin, std::string_view commit)
        : results_(results), origin_(std::move(origin)), commit_(commit) {
        json_["version"] = {{"major", kMajor}, {"minor", kMinor}};
        for (const char* list : {"checkouts", "builds", "tests"}) {
            json_[list] = Json::array();
        }
        for (const TestSuite& suite : results.suites) {
            add(suite);
        }
    }
    [[nodiscard]] std::string text() const { return to_text(json_); }

private:
    void add(const TestSuite& suite) {
        const Kernel kernel = kernel_of(suite);
        const std::string checkout = id({kernel.label, kernel.release, kernel.version});
        if (known_.insert(checkout).second) {  // different words may have asked for the same kernel
            json_["checkouts"].push_back(checkout_of(kernel, checkout));
        }
        for (const TestCase& test : suite.cases) {
            const std::string plant = one_line(test.result.subject.plant);
            const std::string build = id({checkout, plant});
            if (known_.insert(build).second) {
                add_build(build, checkout, kernel, plant);
            }
            add_test(test, kernel, build);
        }
    }

    /// What tells kernels apart: a label may be no more than the path of an image.
    struct Kernel {
        std::string label, release, version, arch;
        std::string started;  ///< when the first of its runs was; empty if unknown
    };
    static Kernel kernel_of(const TestSuite& suite) {
        Kernel kernel{one_line(suite.label.empty() ? suite.kernel : suite.label), one_line(suite.release), {}, {}, {}};
        for (const TestCase& test : suite.cases) {
            const std::string started = one_line(test.result.started);
            if (!started.empty() && (kernel.started.empty() || started < kernel.started)) {
                kernel.started = started;
            }
            if (test.evidence.record && kernel.version.empty()) {
                kernel.version = one_line(test.evidence.record->kernel.version);
                kernel.arch = one_line(test.evidence.record->kernel.arch);
            }
        }
        return kernel;
    }
    [[nodiscard]] Json checkout_of(const Kernel& kernel, const std::string& identity) const {
        constexpr std::size_t kWholeHash = 40;
        const Upstream upstream = upstream_of(kernel.release, kernel.version, kernel.label, commit_);
        Json json = {{"id", identity}, {"origin", origin_}, {"comment", kernel.label}};
        // Of a distribution's kernel the tag is only what it was made from.
        if (upstream.known() && upstream.distribution.empty()) {
            json["git_commit_name"] = upstream.name();
        }
        if (upstream.commit.size() == kWholeHash) {
            json["git_commit_hash"] = upstream.commit;
        }
        if (!upstream.tree().empty()) {
            json["tree_name"] = upstream.tree();
        }
        if (!kernel.started.empty()) {
            json["start_time"] = kernel.started;
        }
        return json;
    }

    [[nodiscard]] std::string id(const std::vector<std::string>& content) const {
        return fmt::format("{}:{}", origin_, uuid_of(content));
    }

    /// From what the run was and came to, so that it is the same alone and in a matrix. One that left no record may not
    /// even have a time: its matrix and its place there tell it from others.
    [[nodiscard]] std::string id_of(const TestCase& test, const Kernel& kernel) const {
        const CellResult& result = test.result;
        const std::string place = fmt::format("{} {}", results_.started, result.id);
        return id({kernel.label, path_of(result), one_line(result.subject.plant), one_line(result.started),
                   std::to_string(result.total_s), std::to_string(result.load_s), std::to_string(result.trials),
                   test.evidence.record ? "" : one_line(place)});
    }

    void add_build(const std::string& build, const std::string& checkout, const Kernel& kernel,
                   const std::string& plant) {
        std::string comment = kernel.release.empty() ? kernel.label : kernel.release;
        if (!plant.empty()) {
            comment += fmt::format(", with {} planted on purpose: not a kernel that anybody ships", plant);
        }
        Json json = {{"checkout_id", checkout}, {"id", build}, {"origin", origin_}, {"comment", comment}};
        if (is_kcidb_name(kernel.arch)) {
            json["architecture"] = kernel.arch;
        }
        if (!kernel.release.empty()) {
            json["status"] = "PASS";  // it booted
        }
        json["misc"] = {{"release", kernel.release}, {"version", kernel.version}, {"plant", plant}};
        json_["builds"].push_back(std::move(json));
    }

    void add_test(const TestCase& test, const Kernel& kernel, const std::string& build) {
        const CellResult& result = test.result;
        Json json = {{"build_id", build},
                     {"id", id_of(test, kernel)},
                     {"origin", origin_},
                     {"path", path_of(result)},
                     {"comment", fmt::format("{} on {}: {}", test.name, kernel.label, headline(test))},
                     {"log_excerpt", log_excerpt(test)},
                     {"status", status_of(test)}};
        if (!result.accelerator.empty()) {
            json["environment"] = {{"comment", fmt::format("guest under {}", one_line(result.accelerator))}};
        }
        if (!result.started.empty()) {
            json["start_time"] = one_line(result.started);
        }
        json["duration"] = result.total_s;
        json["misc"] = misc_of(test, results_.tool);
        json_["tests"].push_back(std::move(json));
    }

    const TestResults& results_;
    std::string origin_;
    std::string commit_;
    std::set<std::string> known_;  ///< ids of checkouts and builds
    Json json_ = Json::object();
};

}  // namespace

bool is_kcidb_origin(std::string_view name) { return is_kcidb_name(name); }

std::string render_kcidb(const TestResults& results, const std::string& origin, std::string_view commit) {
    return Submission(results, origin, commit).text();
}

}  // namespace blkhang
