// SPDX-License-Identifier: GPL-2.0-only
#include "stage/knob.h"

#include "base/file.h"
#include "stage/disk_sequence.h"
#include "stage/knob_table.h"

namespace blkhang {
namespace {

std::optional<std::string> old_value_of(const std::filesystem::path& file, const std::string& disk) {
    const auto content = read_file(file);
    if (!content) {
        return std::nullopt;
    }
    return disk.empty() ? setting_in(*content) : line_of_disk(*content, disk);
}

}  // namespace

std::string setting_in(std::string_view content) {
    const std::size_t open = content.find('[');
    const std::size_t close = content.find(']', open == std::string_view::npos ? 0 : open);
    if (open != std::string_view::npos && close != std::string_view::npos) {
        return std::string(content.substr(open + 1, close - open - 1));
    }
    return std::string(content.substr(0, content.find('\n')));
}

Status tell_of_knob(const Staging& staging, const std::filesystem::path& file, const std::string& disk) {
    return staging.ledger.tell(
        change::Knob{file, disk, old_value_of(file, disk), disk_sequence_for(staging.roots, file, disk)});
}

Status set_knob(const Staging& staging, const std::filesystem::path& file, const std::string& value) {
    if (auto told = tell_of_knob(staging, file); !told) {
        return told;
    }
    return write_knob(file, value);
}

}  // namespace blkhang
