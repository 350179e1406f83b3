// SPDX-License-Identifier: GPL-2.0-only
#include "lab/cpio.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace blkhang {

namespace fs = std::filesystem;

CpioWriter::CpioWriter(int fd) : archive_(archive_write_new(), archive_write_free) {
    check(archive_write_set_format_cpio_newc(archive_.get()));
    check(archive_write_add_filter_none(archive_.get()));
    check(archive_write_set_bytes_in_last_block(archive_.get(), 512));
    check(archive_write_open_fd(archive_.get(), fd));
}

CpioWriter::~CpioWriter() = default;

void CpioWriter::check(int outcome) {
    if (outcome < ARCHIVE_WARN && status_) {
        status_ =
            fail(Fault::broken, fmt::format("writing the guest's image: {}", archive_error_string(archive_.get())));
    }
}

void CpioWriter::entry(const fs::path& path, unsigned mode, std::string_view content, unsigned device) {
    if (!status_) {
        return;
    }
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), path.relative_path().c_str());
    archive_entry_set_mode(entry.get(), mode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_rdev(entry.get(), device);
    check(archive_write_header(archive_.get(), entry.get()));
    if (!content.empty() && status_ && archive_write_data(archive_.get(), content.data(), content.size()) < 0) {
        check(ARCHIVE_FATAL);
    }
}

void CpioWriter::parents_of(const fs::path& path) {
    const fs::path parent = path.relative_path().parent_path();
    if (!parent.empty()) {
        directory(parent);
    }
}

void CpioWriter::directory(const fs::path& path) {
    if (directories_.contains(path.relative_path())) {
        return;
    }
    parents_of(path);
    directories_.insert(path.relative_path());
    entry(path, S_IFDIR | 0755, {});
}

void CpioWriter::file(const fs::path& path, std::string_view content, bool executable) {
    parents_of(path);
    entry(path, S_IFREG | (executable ? 0755 : 0644), content);
}

void CpioWriter::character_device(const fs::path& path, unsigned major, unsigned minor) {
    parents_of(path);
    entry(path, S_IFCHR | 0600, {}, makedev(major, minor));
}

Status CpioWriter::finish() {
    check(archive_write_close(archive_.get()));
    return status_;
}

}  // namespace blkhang
