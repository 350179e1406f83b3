// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace blkhang {

/// For tests: an archive as an independent reader sees it.
struct CpioMember {
    std::string name;
    unsigned mode;
    dev_t device;
    std::string content;
};

inline std::vector<CpioMember> read_cpio(int fd) {
    ::lseek(fd, 0, SEEK_SET);
    const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
    archive_read_support_format_cpio(reader.get());
    archive_read_open_fd(reader.get(), fd, 65536);
    std::vector<CpioMember> members;
    archive_entry* entry = nullptr;
    while (archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK) {
        CpioMember member{archive_entry_pathname(entry), archive_entry_mode(entry), archive_entry_rdev(entry), {}};
        member.content.resize(static_cast<std::size_t>(archive_entry_size(entry)));
        archive_read_data(reader.get(), member.content.data(), member.content.size());
        members.push_back(std::move(member));
    }
    return members;
}

}  // namespace blkhang
