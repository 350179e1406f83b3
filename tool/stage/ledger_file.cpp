// SPDX-License-Identifier: GPL-2.0-only
#include "stage/ledger_file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/path_name.h"
#include "base/words.h"
#include "stage/change_json.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLedgerSchema = "blkhang-ledger/1";

std::string checksum_of(std::string_view text) {
    const auto crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
    return fmt::format("{:08x}", crc);
}

struct LedgerLine {
    std::uint64_t number = 0;
    std::string_view json;
};

/// Nothing if it is damaged.
std::optional<LedgerLine> line_in(std::string_view text) {
    constexpr std::size_t kChecksum = 8;
    if (text.size() < kChecksum + 1 || text[kChecksum] != ' ' ||
        checksum_of(text.substr(kChecksum + 1)) != text.substr(0, kChecksum)) {
        return std::nullopt;
    }
    text.remove_prefix(kChecksum + 1);
    LedgerLine line;
    const auto blank = text.find(' ');
    const auto number = number_in<decltype(line.number)>(text.substr(0, blank));
    if (blank == std::string_view::npos || !number) {
        return std::nullopt;
    }
    line.number = *number;
    line.json = text.substr(blank + 1);
    return line;
}

/// Its boot is empty if it is none.
LedgerHead head_in(std::string_view json) {
    const auto object = json.size() <= kLongestChange ? nlohmann::json::parse(json, nullptr, false) : nlohmann::json();
    const auto text = [&](const char* name) {
        const auto member = object.is_object() ? object.find(name) : object.end();
        return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
    };
    if (!object.is_object() || text("schema") != kLedgerSchema) {
        return {};
    }
    const auto pid = object.find("pid");
    return {text("boot"), text("started"),
            pid != object.end() && pid->is_number_integer() ? static_cast<pid_t>(pid->get<std::int64_t>()) : 0};
}

/// Puts lines together, in their order.
class LedgerReader {
public:
    explicit LedgerReader(LedgerContent& content) : content_(content) {}

    void take(std::string_view text, bool is_last) {
        const auto line = line_in(text);
        if (!line || line->number < next_) {
            if (!is_last) {
                content_.damage.push_back(fmt::format("line {} of it is damaged", lines_ + 1));
                ++damaged_;
            }
            ++lines_;
            return;
        }
        ++lines_;
        // A damaged line has a number of its own, which is lacking now.
        if (line->number > next_ + damaged_) {
            content_.damage.push_back(fmt::format("lines are lacking before its line {}", lines_));
        }
        next_ = line->number + 1;
        damaged_ = 0;
        if (line->number == 0) {
            content_.head = head_in(line->json);
            return;
        }
        auto change = decode_change(line->json);
        if (!change) {
            content_.damage.push_back(fmt::format("line {} of it: {}", lines_, change.error().message()));
            return;
        }
        content_.changes.push_back(std::move(*change));
    }

private:
    LedgerContent& content_;
    std::uint64_t next_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t damaged_ = 0;
};

}  // namespace

Result<LedgerHead> ledger_head(const Roots& roots) {
    const auto boot = read_file(roots.proc() / "sys" / "kernel" / "random" / "boot_id");
    if (!boot) {
        return fail_within(boot.error(), "asking which boot this is");
    }
    return LedgerHead{stripped(*boot), utc_now(), ::getpid()};
}

std::string ledger_line(std::uint64_t number, std::string_view json) {
    const auto text = fmt::format("{} {}", number, json);
    return fmt::format("{} {}\n", checksum_of(text), text);
}

std::string ledger_head_line(const LedgerHead& head) {
    const nlohmann::ordered_json object{
        {"schema", kLedgerSchema}, {"boot", head.boot}, {"started", head.started}, {"pid", head.pid}};
    return ledger_line(0, object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Result<Directory> open_ledger_directory(const fs::path& directory) {
    const auto context = [&] { return fmt::format("opening the ledgers' directory {}", directory.string()); };
    constexpr mode_t kOursAlone = 0700;
    if (auto made = make_directories(directory.parent_path()); !made) {
        return fail_within(std::move(made.error()), context());
    }
    if (::mkdir(directory.c_str(), kOursAlone) != 0 && errno != EEXIST) {
        return fail_errno(context());
    }
    auto opened = Directory::open(directory);
    if (!opened) {
        return opened;
    }
    struct stat found {};
    if (::fstat(opened->descriptor(), &found) != 0) {
        return fail_errno(context());
    }
    constexpr mode_t kByOthers = S_IWGRP | S_IWOTH;
    if ((found.st_mode & kByOthers) != 0 || (found.st_uid != ::geteuid() && found.st_uid != 0)) {
        return fail(
            Error(Fault::usage,
                  fmt::format("others can write to {}: what is in it is not believed", directory.string()))
                .hint(fmt::format("look at what is in it, then: chown root {0}; chmod 0700 {0}", directory.string())));
    }
    return opened;
}

Result<std::vector<std::string>> ledger_names(const Directory& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory.path(), error)) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(kLedgerSuffix) && is_path_name(name, kLongestPathName)) {
            names.push_back(name);
        }
    }
    if (error) {
        return fail(Error::from_errno(error.value(), fmt::format("listing {}", directory.path().string())));
    }
    std::ranges::sort(names, std::ranges::greater());
    return names;
}

Result<LedgerContent> read_ledger(const Directory& directory, const std::string& name) {
    const auto text = directory.read(name, kLargestLedger);
    if (!text) {
        return fail(text.error());
    }
    LedgerContent content;
    content.name = name;
    LedgerReader reader(content);
    std::string_view rest = *text;
    while (!rest.empty()) {
        const auto end = rest.find('\n');
        const bool is_last = end == std::string_view::npos || end + 1 == rest.size();
        // One that lacks its end is torn, even where all of it that counts is there.
        reader.take(end == std::string_view::npos ? std::string_view() : rest.substr(0, end), is_last);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    if (content.head.boot.empty() && (!content.changes.empty() || !content.damage.empty())) {
        content.damage.insert(content.damage.begin(), "its first line, which tells the boot, is damaged");
    }
    return content;
}

}  // namespace blkhang
