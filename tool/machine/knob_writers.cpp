// SPDX-License-Identifier: GPL-2.0-only
#include "machine/knob_writers.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "base/file.h"
#include "base/words.h"
#include "machine/block_path.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Files by their names in a directory, or "unit.service.d/some.conf".
using Files = std::map<std::string, fs::path>;

/// Directories of which an earlier one's file hides those of that name in the later ones.
Files overlay(HostReader& reader, const std::vector<fs::path>& directories, std::span<const std::string_view> endings) {
    const auto has_ending = [&](const std::string& name) {
        return endings.empty() ||
               std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
    };
    Files files;
    for (const fs::path& directory : directories) {
        for (const std::string& name : reader.names(directory)) {
            std::error_code error;
            if (name.ends_with(".d") && fs::is_directory(directory / name, error)) {
                for (const std::string& inner : reader.names(directory / name)) {
                    if (has_ending(inner)) {
                        files.emplace((fs::path(name) / inner).string(), directory / name / inner);
                    }
                }
            } else if (has_ending(name) && !fs::is_directory(directory / name, error)) {
                files.emplace(name, directory / name);
            }
        }
    }
    return files;
}

bool matches_one_of(const std::string& patterns, const std::string& text) {
    return std::ranges::any_of(parts_of(patterns, '|'), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
    });
}

/// One way in which hosts are told what to write.
class Search {
public:
    Search(HostReader& reader, std::span<const std::string> knobs, std::span<const std::string> disks)
        : reader_(reader), knobs_(knobs), disks_(disks) {}

    void look_at(const std::string& by, KnobLanguage language, const fs::path& file) {
        constexpr std::size_t kLargestScript = std::size_t{256} << 10U;
        std::error_code error;
        if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > kLargestScript) {
            return;
        }
        const std::string text = reader_.text(file);
        const bool is_plausible =
            std::ranges::any_of(knobs_, [&](const std::string& knob) { return text.find(knob) != std::string::npos; });
        if (!is_plausible && (language == KnobLanguage::script || language == KnobLanguage::setting)) {
            return;
        }
        for (KnobMention& mention : knobs_in(text, language, knobs_)) {
            KnobWriter writer{by, file.string(), mention.line,       mention.knob, mention.value,
                              {}, mention.text,  mention.by_variable};
            std::ranges::copy_if(disks_, std::back_inserter(writer.disks),
                                 [&](const std::string& disk) { return means(mention, disk); });
            found_.push_back(std::move(writer));
        }
    }
    void look_at_all(const std::string& by, KnobLanguage language, const Files& files) {
        for (const auto& [name, file] : files) {
            look_at(by, language, file);
        }
    }
    std::vector<KnobWriter> take() { return std::move(found_); }

private:
    bool means(const KnobMention& mention, const std::string& disk) {
        if (mention.disks.starts_with("/")) {
            // Whatever it is, limits are set on the disk below.
            const auto queues = follow_path(reader_, mention.disks).queues;
            return std::ranges::find(queues, disk) != queues.end();
        }
        if (!mention.disks.empty() && !matches_one_of(mention.disks, disk)) {
            return false;
        }
        return std::ranges::all_of(mention.conditions, [&](const KnobMention::Condition& condition) {
            const std::string is =
                condition.of == "KERNEL" ? disk : reader_.text(reader_.roots().sys / "block" / disk / condition.of);
            return matches_one_of(condition.pattern, is) == condition.wanted;
        });
    }

    HostReader& reader_;
    std::span<const std::string> knobs_, disks_;
    std::vector<KnobWriter> found_;
};

/// The profile that is on, and those that it includes.
void look_at_tuned(HostReader& reader, Search& search) {
    const HostRoots& roots = reader.roots();
    std::vector<std::string> profiles = words_of(reader.text(roots.etc / "tuned/active_profile"));
    for (std::size_t i = 0; i < profiles.size(); ++i) {
        for (const fs::path& directory : {roots.etc / "tuned/profiles", roots.etc / "tuned",
                                          roots.usr / "lib/tuned/profiles", roots.usr / "lib/tuned"}) {
            const fs::path file = directory / profiles[i] / "tuned.conf";
            const auto lines = reader.lines(file);
            if (lines.empty()) {
                continue;
            }
            for (const std::string& line : lines) {
                if (line.starts_with("include")) {
                    for (const std::string& other :
                         parts_of(line.substr(std::min(line.find('=') + 1, line.size())), ',')) {
                        add_once(profiles, stripped(other));
                    }
                }
            }
            search.look_at("tuned profile", KnobLanguage::tuned, file);
            break;
        }
    }
}

}  // namespace

std::vector<KnobWriter> read_knob_writers(HostReader& reader, std::span<const std::string> knobs,
                                          std::span<const std::string> disks) {
    const HostRoots& at = reader.roots();
    constexpr std::string_view kRules[] = {".rules"};
    constexpr std::string_view kConf[] = {".conf"};
    constexpr std::string_view kUnits[] = {".service", ".scope", ".slice", ".socket", ".mount", ".swap", ".conf"};
    constexpr std::string_view kXml[] = {".xml"};
    Search search(reader, knobs, disks);
    search.look_at_all("udev rule", KnobLanguage::udev,
                       overlay(reader,
                               {at.etc / "udev/rules.d", at.run / "udev/rules.d", at.usr / "local/lib/udev/rules.d",
                                at.usr / "lib/udev/rules.d"},
                               kRules));
    search.look_at_all(
        "tmpfiles.d", KnobLanguage::tmpfiles,
        overlay(reader, {at.etc / "tmpfiles.d", at.run / "tmpfiles.d", at.usr / "lib/tmpfiles.d"}, kConf));
    search.look_at_all("systemd unit", KnobLanguage::unit,
                       overlay(reader,
                               {at.etc / "systemd/system.control", at.run / "systemd/system.control",
                                at.run / "systemd/transient", at.etc / "systemd/system", at.run / "systemd/system",
                                at.usr / "local/lib/systemd/system", at.usr / "lib/systemd/system"},
                               kUnits));
    look_at_tuned(reader, search);
    search.look_at("sysfs.conf", KnobLanguage::setting, at.etc / "sysfs.conf");
    search.look_at_all("sysfs.d", KnobLanguage::setting, overlay(reader, {at.etc / "sysfs.d"}, kConf));
    search.look_at("script", KnobLanguage::script, at.etc / "rc.local");
    for (const fs::path& directory :
         {at.etc / "rc.d", at.etc / "init.d", at.etc / "cron.d", at.etc / "cron.hourly", at.etc / "cron.daily",
          at.etc / "cron.weekly", at.usr / "local/sbin", at.usr / "local/bin"}) {
        search.look_at_all("script", KnobLanguage::script, overlay(reader, {directory}, {}));
    }
    search.look_at_all("libvirt guest", KnobLanguage::libvirt, overlay(reader, {at.etc / "libvirt/qemu"}, kXml));
    return search.take();
}

}  // namespace blkhang
