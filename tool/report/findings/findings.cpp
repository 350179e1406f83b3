// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "record/archive.h"
#include "record/files.h"
#include "record/run_identity.h"
#include "report/words/export_text.h"
#include "report/words/layout.h"
#include "report/words/paint.h"
#include "report/words/words.h"

namespace blkhang {
namespace {

constexpr std::string_view kNotKnown = "not known";

/// What closes a member's circle of locks leaves what goes round over memory in the same functions.
std::string_view closed_by(const CycleSignature& signature) {
    return signature.member == nullptr || signature.is_over_memory ? kNotKnown : signature.member->closed;
}

std::uint32_t runs_that_failed(const KnownFinding& finding) {
    std::uint32_t all = 0;
    for (const auto& seen : finding.seen) {
        all += seen.rate.failed;
    }
    return all;
}

/// "4 of 10 (12% to 74%)".
std::string rate_of(const FailureRate& rate) {
    return fmt::format("{} of {} ({} to {})", rate.failed, rate.conclusive(), percent(rate.low), percent(rate.high));
}

/// Where a run of a matrix left its record.
std::string record_of(const std::string& directory, const TestCase& test) {
    const std::string below = directory.substr(0, directory.find_last_not_of('/') + 1);
    return test.result.id.empty() ? directory : fmt::format("{}/{}/{}", below, files::kCells, test.result.id);
}

}  // namespace

void Findings::add(const TestResults& results, const std::string& directory) {
    std::vector<std::string> own;
    for (const TestSuite& suite : results.suites) {
        for (const TestCase& test : suite.cases) {
            own.push_back(identity_of(test.result));
            if (test.result.calibration || !test.result.subject.plant.empty() || runs_seen_.contains(own.back())) {
                continue;
            }
            const std::string& kernel = suite.label.empty() ? suite.kernel : suite.label;
            add(test, {one_line(kernel), one_line(suite.release), one_line(test.result.subject.profile)},
                record_of(directory, test));
        }
    }
    runs_seen_.insert(own.begin(), own.end());
    runs_seen_.erase("");
}

void Findings::add(const TestCase& test, const Place& place, const std::string& record) {
    const Verdict verdict = test.result.verdict;
    if (!is_failure(verdict) && verdict != Verdict::clean) {
        return;
    }
    ++runs_;
    ++conclusive_[place];
    if (!is_failure(verdict)) {
        return;
    }
    const CycleSignature signature = test.evidence.record ? signature_of(*test.evidence.record) : CycleSignature{};
    if (signature.text.empty()) {
        ++unexplained_;
        return;
    }
    auto [entry, is_new] = entries_.try_emplace(signature.text);
    KnownFinding& finding = entry->second.finding;
    if (is_new || is_worse(verdict, finding.verdict)) {
        finding = {signature, verdict, one_line(what_happened(*test.evidence.record)), one_line(record), {}};
    }
    Count& count = entry->second.places[place];
    ++count.runs;
    if (const std::string started = one_line(test.result.started); !started.empty()) {
        count.first = count.first.empty() ? started : std::min(count.first, started);
        count.last = std::max(count.last, started);
    }
}

std::vector<KnownFinding> Findings::all() const {
    std::vector<KnownFinding> all;
    for (const auto& [text, entry] : entries_) {
        KnownFinding finding = entry.finding;
        for (const auto& [place, count] : entry.places) {
            finding.seen.push_back({place.kernel, place.release, place.profile,
                                    failure_rate(count.runs, conclusive_.at(place) - count.runs), count.first,
                                    count.last});
        }
        all.push_back(std::move(finding));
    }
    std::ranges::stable_sort(all, [](const KnownFinding& one, const KnownFinding& other) {
        return one.verdict != other.verdict ? is_worse(one.verdict, other.verdict)
                                            : runs_that_failed(one) > runs_that_failed(other);
    });
    return all;
}

std::string render_findings(const Findings& findings, const TextOptions& options) {
    const auto all = findings.all();
    std::string text =
        fmt::format("{} finding{} in {}\n", all.size(), all.size() == 1 ? "" : "s", runs(findings.runs()));
    if (findings.unexplained() > 0) {
        text += wrap(fmt::format("{} failed and left no record that tells how", runs(findings.unexplained())),
                     options.columns, "  ");
    }
    for (const KnownFinding& finding : all) {
        text += fmt::format("\n{}  {}\n", headline(finding.verdict, options.colour),
                            painted(finding.signature.id(), kBold, options.colour));
        text += wrap(finding.told, options.columns, "  ");
        text += wrap("signature: " + finding.signature.text, options.columns, "  ");
        text += wrap(fmt::format("closed by: {}", closed_by(finding.signature)), options.columns, "  ");
        text += wrap("record: " + finding.record, options.columns, "  ");
        Table table({Table::Align::cut, Table::Align::cut, Table::Align::left, Table::Align::left, Table::Align::left});
        table.row({"kernel", "profile", "failed", "first seen", "last seen"});
        constexpr std::size_t kDay = 10;
        for (const auto& seen : finding.seen) {
            table.row({seen.release.empty() ? seen.kernel : seen.release, seen.profile, rate_of(seen.rate),
                       seen.first.substr(0, kDay), seen.last.substr(0, kDay)});
        }
        text += table.text(2, options.columns);
    }
    return text;
}

std::string encode(const Findings& findings) {
    Json json = {{"schema", "blkhang-findings/1"},
                 {"runs", findings.runs()},
                 {"unexplained", findings.unexplained()},
                 {"findings", Json::array()}};
    for (const KnownFinding& finding : findings.all()) {
        Json seen = Json::array();
        for (const auto& one : finding.seen) {
            seen.push_back({{"kernel", one.kernel},
                            {"release", one.release},
                            {"profile", one.profile},
                            {"failed", one.rate.failed},
                            {"runs", one.rate.conclusive()},
                            {"low", one.rate.low},
                            {"high", one.rate.high},
                            {"first_seen", one.first},
                            {"last_seen", one.last}});
        }
        json["findings"].push_back(
            {{"id", finding.signature.id()},
             {"signature", finding.signature.text},
             {"verdict", to_string(finding.verdict)},
             {"member", finding.signature.member == nullptr ? "" : finding.signature.member->name},
             {"closed_by", closed_by(finding.signature)},
             {"told", finding.told},
             {"record", finding.record},
             {"seen", std::move(seen)}});
    }
    return to_text(json);
}

}  // namespace blkhang
