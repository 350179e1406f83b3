// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>

#include "base/directory.h"
#include "base/fd.h"
#include "base/result.h"

namespace blkhang {

/// A directory that is taken for a record, before anything is fetched or booted for it. While this lives, no other
/// blkhang can take it. Unless keep() is called, what was made for it goes away with this.
class RecordClaim {
public:
    /// Makes the directory if need be. What an earlier blkhang left that was killed before it saw anything is cleared
    /// away. Fault::usage: it holds a record, or evidence without one, which is never overwritten (the hint says how to
    /// use it again); another run goes on in it; it cannot be written.
    static Result<RecordClaim> make(const std::filesystem::path& path);
    RecordClaim(RecordClaim&& other) noexcept;
    RecordClaim& operator=(RecordClaim&& other) noexcept;
    RecordClaim(const RecordClaim&) = delete;
    RecordClaim& operator=(const RecordClaim&) = delete;
    ~RecordClaim();

    [[nodiscard]] const Directory& directory() const { return directory_; }
    /// The file for the events, made when the directory was taken.
    [[nodiscard]] const Fd& events() const { return events_; }
    /// From now on there is evidence.
    void keep() { keep_ = true; }

private:
    RecordClaim(Directory directory, bool was_there) : directory_(std::move(directory)), was_there_(was_there) {}
    Status clear_left_over() const;

    Directory directory_;
    bool was_there_;
    bool keep_ = true;  // until there is something to take back
    Fd events_;
};

}  // namespace blkhang
