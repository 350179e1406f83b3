// SPDX-License-Identifier: GPL-2.0-only
#include "report/history/versions.h"

#include <cstring>
#include <set>

#include "report/mail/kernel.h"

namespace blkhang {

bool HistoryVersions::Key::operator<(const Key& other) const {
    const auto place = [](const Key& key) { return std::tuple(key.unplaced, key.numbers, !key.exact, key.order); };
    if (const auto one = place(*this), another = place(other); one != another) {
        return one < another;
    }
    // Numbers in names by their value: revisions of a package are not part of the order.
    if (const int names = ::strverscmp(name.c_str(), other.name.c_str()); names != 0) {
        return names < 0;
    }
    if (const int releases = ::strverscmp(release.c_str(), other.release.c_str()); releases != 0) {
        return releases < 0;
    }
    return std::tie(name, release) < std::tie(other.name, other.release);  // with a NUL in them
}

HistoryVersions::Key HistoryVersions::key_of(const Known& kernel) {
    Key key;
    key.release = kernel.release;
    const Upstream upstream = upstream_of(kernel.release, "", kernel.label);
    if (upstream.known()) {
        key.name = upstream.distribution.empty() ? upstream.name() : upstream.distribution;
    } else {
        key.name = kernel.release.empty() ? kernel.label : kernel.release;
    }
    if (const auto place = place_among_kernels(kernel.release, kernel.label)) {
        key.unplaced = false;
        key.exact = upstream.known();
        key.order = place->order;
        key.numbers = {std::get<0>(key.order), std::get<1>(key.order)};
        key.series = place->series();
    }
    return key;
}

HistoryVersions::HistoryVersions(const std::vector<NamedMatrix>& matrices) {
    std::map<std::string, std::set<std::string>> releases;  // by label
    for (const NamedMatrix& each : matrices) {
        for (const CellResult& cell : each.matrix.cells) {
            if (!cell.label.empty() && !cell.release.empty()) {
                releases[cell.label].insert(cell.release);
            }
        }
    }
    std::map<std::pair<std::string, std::string>, Key> known;  // there are few, and each takes a while
    for (const NamedMatrix& each : matrices) {
        std::map<std::string, std::string> labels;  // of this matrix, by what was asked for
        for (const CellResult& cell : each.matrix.cells) {
            if (!cell.label.empty()) {
                labels.try_emplace(cell.subject.kernel, cell.label);
            }
        }
        for (const CellResult& cell : each.matrix.cells) {
            Known kernel{cell.label, cell.release};
            if (const auto label = labels.find(cell.subject.kernel); kernel.label.empty()) {
                kernel.label = label == labels.end() ? cell.subject.kernel : label->second;
            }
            if (const auto release = releases.find(kernel.label);
                kernel.release.empty() && release != releases.end() && release->second.size() == 1) {
                kernel.release = *release->second.begin();
            }
            const auto [found, is_new] = known.try_emplace({kernel.label, kernel.release});
            if (is_new) {
                found->second = key_of(kernel);
            }
            keys_.emplace(&cell, found->second);
            versions_.try_emplace(found->second);
        }
    }
    std::size_t place = 0;
    for (auto& [key, index] : versions_) {
        index = place++;
    }
}

std::vector<HistoryVersion> HistoryVersions::all() const {
    std::vector<HistoryVersion> all;
    for (const auto& [key, index] : versions_) {
        all.push_back({key.name, key.release, key.series, key.exact});
    }
    return all;
}

}  // namespace blkhang
