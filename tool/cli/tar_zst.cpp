// SPDX-License-Identifier: GPL-2.0-only
#include "cli/tar_zst.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/file.h"

namespace blkhang {
namespace {

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

extern "C" la_ssize_t append_to_string(archive* /*archive*/, void* text, const void* data, std::size_t size) {
    static_cast<std::string*>(text)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
}

bool add(archive* archive, const Member& member, std::time_t modified) {
    constexpr unsigned kProgram = 0755, kFile = 0644;
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), member.path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), member.executable ? kProgram : kFile);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.content.size()));
    archive_entry_set_mtime(entry.get(), modified, 0);
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    if (archive_write_header(archive, entry.get()) != ARCHIVE_OK) {
        return false;
    }
    const auto written = archive_write_data(archive, member.content.data(), member.content.size());
    return written >= 0 && static_cast<std::size_t>(written) == member.content.size();
}

}  // namespace

Status write_tar_zst(const std::filesystem::path& file, std::vector<Member> members, std::time_t modified) {
    std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.path < b.path; });
    std::string bytes;
    const Archive archive(archive_write_new(), archive_write_free);
    bool good = archive_write_set_format_pax_restricted(archive.get()) == ARCHIVE_OK &&
                archive_write_add_filter_zstd(archive.get()) == ARCHIVE_OK &&
                archive_write_open(archive.get(), &bytes, nullptr, append_to_string, nullptr) == ARCHIVE_OK;
    for (const Member& member : members) {
        good = good && add(archive.get(), member, modified);
    }
    if (!good || archive_write_close(archive.get()) != ARCHIVE_OK) {
        const char* problem = archive_error_string(archive.get());
        return fail(Fault::broken,
                    fmt::format("packing {}: {}", file.string(), problem == nullptr ? "unknown error" : problem));
    }
    return replace_file(file, bytes);
}

}  // namespace blkhang
