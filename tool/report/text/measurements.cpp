// SPDX-License-Identifier: GPL-2.0-only
#include "report/text/measurements.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "report/words/layout.h"

namespace blkhang {
namespace {

constexpr std::size_t kTableColumns = 80;

/// Numbers by their value, so that 5.10 comes before 6.1 and 6.1 before 6.12.
struct VersionLess {
    bool operator()(const std::string& left, const std::string& right) const { return key(left) < key(right); }

private:
    static std::pair<std::vector<unsigned long>, std::string> key(const std::string& version) {
        std::vector<unsigned long> numbers;
        for (const char* at = version.c_str(); *at != '\0';) {
            char* end = nullptr;
            numbers.push_back(std::strtoul(at, &end, 10));
            at = *end == '\0' ? end : end + 1;
        }
        return {numbers, version};
    }
};

using Row = std::map<std::string, VerdictCounts, VersionLess>;

/// "6.1.192-2": the part that upstream gave it.
std::string upstream(const std::string& version) { return version.substr(0, version.find('-')); }

/// The `line`-th verdict of a cell: "18 hang".
std::string part(const Row& row, const std::string& version, std::size_t line) {
    const auto cell = row.find(version);
    if (cell == row.end() || line >= cell->second.size()) {
        return cell == row.end() && line == 0 ? "-" : "";
    }
    const auto one = std::next(cell->second.begin(), static_cast<std::ptrdiff_t>(line));
    return fmt::format("{} {}", one->second, to_string(one->first));
}

}  // namespace

std::string render_measurements(const std::vector<Measurement>& measurements) {
    std::map<std::string, Row> rows;
    std::set<std::string, VersionLess> versions;
    for (const auto& one : measurements) {
        versions.insert(one.version);
        for (const auto& [verdict, count] : one.verdicts) {
            rows[one.profile][one.version][verdict] += count;
        }
    }
    Table table(std::vector<Table::Align>(versions.size() + 1, Table::Align::left));
    std::vector<std::string> head{""};
    std::vector<std::string> full;
    for (const auto& version : versions) {
        head.push_back(upstream(version));
        full.push_back(version);
    }
    table.row(head);
    for (const auto& [profile, row] : rows) {
        std::size_t lines = 1;
        for (const auto& [version, verdicts] : row) {
            lines = std::max(lines, verdicts.size());
        }
        for (std::size_t line = 0; line < lines; ++line) {
            std::vector<std::string> cells{line == 0 ? profile : ""};
            for (const auto& version : versions) {
                cells.push_back(part(row, version, line));
            }
            table.row(cells);
        }
    }
    return table.text(0) + wrap(fmt::format("Debian's kernels {}.", fmt::join(full, ", ")), kTableColumns);
}

}  // namespace blkhang
