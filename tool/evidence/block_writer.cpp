// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/block_writer.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/io_flusher.h"
#include "base/limits.h"
#include "base/path_name.h"
#include "base/random.h"
#include "base/uname.h"
#include "base/units.h"
#include "evidence/line_queue.h"
#include "evidence/pieces.h"

namespace blkhang {
namespace {

constexpr std::size_t kQueue = std::size_t{512} << 10U;
constexpr std::size_t kFirstQueue = std::size_t{128} << 10U;  // a proof may be as long as a line can be
constexpr std::size_t kBlock = std::size_t{16} << 10U;        // more than the blocks of any way out
#if defined(BLKHANG_SANITIZED) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStack = std::size_t{4} << 20U;  // on which a sanitizer has much of its own
#else
constexpr std::size_t kStack = std::size_t{128} << 10U;
#endif
constexpr std::uint64_t kLifePeriodNs = kNsPerS;
constexpr auto kPatience = std::chrono::seconds(1);
constexpr int kPriority = 50;

/// Memory of our own that stays where it is.
class Arena {
public:
    static Result<Arena> take(std::size_t bytes) {
        void* memory =
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (memory == MAP_FAILED) {
            return fail_errno("taking memory for evidence");
        }
        return Arena(memory, bytes, ::mlock(memory, bytes) == 0 ? 0 : errno);
    }
    Arena(Arena&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_), lock_errno_(other.lock_errno_) {}
    Arena& operator=(Arena&&) = delete;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() {
        if (memory_ != nullptr) {
            ::munmap(memory_, bytes_);
        }
    }

    /// The next part of it, in whole pages.
    std::span<char> part(std::size_t bytes) {
        const std::span<char> result(static_cast<char*>(memory_) + used_, bytes);
        used_ += bytes;
        return result;
    }
    [[nodiscard]] int lock_errno() const { return lock_errno_; }

private:
    Arena(void* memory, std::size_t bytes, int lock_errno) : memory_(memory), bytes_(bytes), lock_errno_(lock_errno) {}
    void* memory_;
    std::size_t bytes_, used_ = 0;
    int lock_errno_;
};

}  // namespace

Result<WriterIdentity> WriterIdentity::of_this_machine() {
    WriterIdentity identity;
    const auto boot = read_file("/proc/sys/kernel/random/boot_id");
    if (!boot) {
        return fail(boot.error());
    }
    const auto id = evidence_id_from(std::string_view(*boot).substr(0, boot->find('\n')));
    if (!id) {
        return fail(Fault::broken, "/proc/sys/kernel/random/boot_id holds no id");
    }
    identity.boot = *id;
    if (auto filled = fill_with_random(std::as_writable_bytes(std::span(identity.run))); !filled) {
        return fail(filled.error());
    }
    identity.host = dashed(uname_here().node.substr(0, EvidenceBlock::kLongestHost), "._+~-");
    if (!is_path_name(identity.host, EvidenceBlock::kLongestHost)) {
        identity.host = "unnamed";
    }
    return identity;
}

/// The thread, and all that it uses.
struct BlockWriter::Thread {
    Thread(Arena memory, std::unique_ptr<BlockOutlet> way, WriterIdentity who, Fd wakes, Fd ends)
        : arena(std::move(memory)),
          stack(arena.part(kStack)),
          block(arena.part(kBlock)),
          payload(arena.part(kBlock)),
          line(arena.part(limits::kLine)),
          queue(arena.part(kQueue)),
          first(arena.part(kFirstQueue)),
          outlet(std::move(way)),
          form(outlet->form()),
          identity(std::move(who)),
          wake(std::move(wakes)),
          ended(std::move(ends)) {}
    static constexpr std::size_t kBytes = kStack + 2 * kBlock + limits::kLine + kQueue + kFirstQueue;

    bool put(LineQueue& to, std::string_view text, Weight weight);
    bool put_out(EvidenceBlock::Kind kind, std::string_view text, Weight weight);
    void flush(LinePacker& packer);
    void drain(LinePacker& packer);
    void take_from(LineQueue& from, LinePacker& packer);
    void work();
    static void* run(void* thread);
    Status begin();
    /// False: it did not end in time.
    bool end();

    Arena arena;
    std::span<char> stack, block, payload, line;
    LineQueue queue, first;
    std::unique_ptr<BlockOutlet> outlet;
    BlockOutlet::Form form;
    WriterIdentity identity;
    Fd wake, ended;
    std::atomic<bool> stopping{false};
    pthread_t handle{};

    // The thread's alone, once it runs.
    std::uint64_t sequence = 0;
    Weight weight_of_block = Weight::passing;

    // Of what everybody may read.
    std::atomic<std::uint64_t> failures{0}, in_flight_ns{0};
    std::atomic<int> last_errno{0};

    // Those that are left behind, so that they can be found.
    Thread* stuck_before = nullptr;
    inline static std::atomic<Thread*> latest_stuck{nullptr};
};

bool BlockWriter::Thread::put(LineQueue& to, std::string_view text, Weight weight) {
    const bool is_in = to.put(text, static_cast<LineQueue::Tag>(weight));
    const std::uint64_t one = 1;
    // Full, it wakes all the same.
    static_cast<void>(::write(wake.get(), &one, sizeof one) == 0);
    return is_in;
}

/// False: the way out refused the block, which is lost.
bool BlockWriter::Thread::put_out(EvidenceBlock::Kind kind, std::string_view text, Weight weight) {
    EvidenceBlock out;
    out.kind = kind;
    out.generation = form.generation;
    out.sequence = kind == EvidenceBlock::Kind::life && !form.counts_life ? sequence : ++sequence;
    out.lost = queue.lost() + first.lost();
    out.uptime_ns = monotonic_ns();
    out.time_ns = time_of_day_ns();
    out.boot = identity.boot;
    out.run = identity.run;
    out.host = identity.host;
    out.payload = text;
    const std::size_t size = write_block(out, outlet->seal(), block, form.padded ? form.longest : 0);
    in_flight_ns = out.uptime_ns;
    const int failure = outlet->put({block.data(), size}, kind, weight);
    in_flight_ns = 0;
    if (failure != 0) {
        last_errno = failure;
        ++failures;
        return false;
    }
    return true;
}

void BlockWriter::Thread::flush(LinePacker& packer) {
    if (!packer.empty()) {
        put_out(EvidenceBlock::Kind::lines, packer.payload(), weight_of_block);
        packer.clear();
    }
}

void BlockWriter::Thread::take_from(LineQueue& from, LinePacker& packer) {
    while (const auto taken = from.take(line)) {
        const std::string_view text{line.data(), taken->size};
        const auto weight = static_cast<Weight>(taken->tag);
        if (weight != weight_of_block) {
            flush(packer);
        }
        weight_of_block = weight;
        for (std::size_t at = packer.add(text, 0); !LinePacker::is_done(text, at); at = packer.add(text, at)) {
            flush(packer);
        }
        if (&from != &first && !first.empty()) {
            return;
        }
    }
}

void BlockWriter::Thread::drain(LinePacker& packer) {
    while (!first.empty() || !queue.empty()) {
        if (!first.empty()) {
            flush(packer);
            take_from(first, packer);
            flush(packer);
        }
        take_from(queue, packer);
    }
    flush(packer);
}

void BlockWriter::Thread::work() {
    LinePacker packer(payload.first(payload_room(form.longest, identity.host.size())));
    std::uint64_t next_life_ns = monotonic_ns() + kLifePeriodNs;
    for (;;) {
        const bool last = stopping;  // what was put in before is still taken
        drain(packer);
        std::uint64_t now_ns = monotonic_ns();
        if (now_ns >= next_life_ns || last) {
            put_out(EvidenceBlock::Kind::life, {}, Weight::passing);
            now_ns = monotonic_ns();
            next_life_ns = now_ns + kLifePeriodNs;
        }
        const std::uint64_t due_ns = std::min(next_life_ns, outlet->tend(now_ns));
        if (last) {
            break;
        }
        const auto wait_ns = due_ns > now_ns ? due_ns - now_ns : 0;
        const timespec wait{static_cast<time_t>(wait_ns / kNsPerS), static_cast<long>(wait_ns % kNsPerS)};
        pollfd polled{wake.get(), POLLIN, 0};
        if (::ppoll(&polled, 1, &wait, nullptr) > 0) {
            std::uint64_t count = 0;
            static_cast<void>(::read(wake.get(), &count, sizeof count) == 0);
        }
    }
}

void* BlockWriter::Thread::run(void* thread) {
    auto& self = *static_cast<Thread*>(thread);
    static_cast<void>(become_io_flusher());  // of each thread its own
    // Goes on when the load takes all of the processors; where that is not allowed, it does as well as it can.
    const sched_param priority{.sched_priority = kPriority};
    static_cast<void>(::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &priority));
    self.work();
    const std::uint64_t one = 1;
    static_cast<void>(::write(self.ended.get(), &one, sizeof one) == 0);
    return nullptr;
}

Status BlockWriter::Thread::begin() {
    pthread_attr_t attributes;
    int failed = ::pthread_attr_init(&attributes);
    if (failed == 0) {
        failed = ::pthread_attr_setstack(&attributes, stack.data(), stack.size());
        if (failed == 0) {
            failed = ::pthread_create(&handle, &attributes, run, this);
        }
        ::pthread_attr_destroy(&attributes);
    }
    if (failed != 0) {
        return fail(Error::from_errno(failed, fmt::format("{}: starting its thread", outlet->name())));
    }
    return {};
}

bool BlockWriter::Thread::end() {
    stopping = true;
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake.get(), &one, sizeof one) == 0);
    const auto deadline = Deadline::after(kPatience);
    pollfd polled{ended.get(), POLLIN, 0};
    while (::poll(&polled, 1, static_cast<int>(deadline.remaining().count())) < 0 && errno == EINTR) {
    }
    if ((polled.revents & POLLIN) == 0) {
        ::pthread_detach(handle);
        return false;
    }
    return ::pthread_join(handle, nullptr) == 0;
}

BlockWriter::BlockWriter(std::unique_ptr<Thread> thread) : thread_(std::move(thread)) {}

Result<std::unique_ptr<BlockWriter>> BlockWriter::start(std::unique_ptr<BlockOutlet> outlet, WriterIdentity identity) {
    const std::string name(outlet->name());
    auto arena = Arena::take(Thread::kBytes);
    if (!arena) {
        return fail_within(arena.error(), name);
    }
    Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    Fd ended(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.valid() || !ended.valid()) {
        return fail_errno(fmt::format("{}: eventfd", name));
    }
    auto thread = std::make_unique<Thread>(std::move(*arena), std::move(outlet), std::move(identity), std::move(wake),
                                           std::move(ended));
    if (!thread->put_out(EvidenceBlock::Kind::life, {}, Weight::passing)) {
        return fail(Error::from_errno(thread->last_errno, fmt::format("{}: the first sign of life", name)));
    }
    if (auto begun = thread->begin(); !begun) {
        return fail(begun.error());
    }
    return std::unique_ptr<BlockWriter>(new BlockWriter(std::move(thread)));
}

BlockWriter::~BlockWriter() {
    if (!thread_->end()) {
        // It still uses all of it, its stack included, so that it outlives even the end of the process's other memory.
        thread_->stuck_before = Thread::latest_stuck.exchange(thread_.get());
        static_cast<void>(thread_.release());  // NOLINT(bugprone-unused-return-value): see above
    }
}

bool BlockWriter::put(std::string_view line, Weight weight) { return thread_->put(thread_->queue, line, weight); }

bool BlockWriter::put_first(std::string_view line) { return thread_->put(thread_->first, line, Weight::proof); }

BlockWriter::State BlockWriter::state() const {
    return {thread_->queue.lost() + thread_->first.lost(), thread_->failures, thread_->last_errno,
            thread_->in_flight_ns};
}

std::vector<seen::Tier::Missing> BlockWriter::missing() const {
    std::vector<seen::Tier::Missing> result;
    const std::string name(thread_->outlet->name());
    if (thread_->arena.lock_errno() != 0) {
        result.push_back({fmt::format("locked memory for the {}", name),
                          fmt::format("mlock: {}; raise the limit (ulimit -l, LimitMEMLOCK=), or run as root",
                                      std::strerror(thread_->arena.lock_errno()))});  // NOLINT(concurrency-mt-unsafe)
    }
    if (const std::uint64_t failures = thread_->failures; failures > 0) {
        result.push_back({name, fmt::format("blocks that could not be put out: {}, the last for: {}", failures,
                                            std::strerror(thread_->last_errno))});  // NOLINT(concurrency-mt-unsafe)
    }
    return result;
}

}  // namespace blkhang
