// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

struct kbuffer;

namespace blkhang {

/// Where an event's record has a number.
struct RecordField {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;  ///< in bytes; 0: the event has no such field

    [[nodiscard]] bool exists() const { return size != 0; }
    /// 0 where the record has none.
    [[nodiscard]] std::uint64_t in(std::string_view record) const;
};

/// An event's format, as the file of that name says it.
class RecordFormat {
public:
    static Result<RecordFormat> parse(const std::string& text);

    [[nodiscard]] std::uint32_t id() const { return id_; }
    [[nodiscard]] RecordField field(std::string_view name) const;

private:
    struct Named {
        std::string name;
        RecordField where;
    };
    std::uint32_t id_ = 0;
    std::vector<Named> fields_;
};

/// The records that the kernel keeps for each CPU, page by page as they are, so that reading formats no text.
class TraceRing {
public:
    struct Record {
        std::uint64_t at;  ///< by the instance's clock
        std::string_view bytes;
    };
    using Take = std::function<void(const Record&)>;

    /// Of an instance's directory; records are read with this header of theirs (events/header_page).
    static Result<TraceRing> open(const std::filesystem::path& instance);

    /// Hands on what has been recorded, CPU by CPU, each in order of time. Records that found no room are counted.
    /// Makes a system call or two for each CPU, and allocates nothing.
    void read(const Take& take);
    /// Since it was opened; at the least, for the kernel does not always say how many.
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    struct FreeBuffer {
        void operator()(kbuffer* buffer) const;
    };
    void take_page(std::size_t size, const Take& take);

    std::vector<Fd> cpus_;
    std::unique_ptr<kbuffer, FreeBuffer> buffer_;
    std::vector<char> page_;
    std::uint64_t lost_ = 0;
};

}  // namespace blkhang
