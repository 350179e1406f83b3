// SPDX-License-Identifier: GPL-2.0-only
#include "watch/watchdog_holder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <thread>

#include "base/clock.h"
#include "run/survive.h"
#include "watch/hold_policy.h"
#include "watch/kernel_log_marks.h"
#include "watch/own_process.h"
#include "watch/watchdog_device.h"

namespace blkhang {
namespace {

constexpr auto kHolderTurn = std::chrono::milliseconds(100);
/// To take the watchdog, to start it, and to give it back.
constexpr auto kTakeTime = std::chrono::seconds(10);
constexpr auto kStartTime = std::chrono::seconds(2);
constexpr auto kGiveBackTime = std::chrono::seconds(2);
constexpr std::size_t kHolderHeap = 64 << 10;
constexpr std::size_t kHolderLine = 256;
constexpr std::size_t kLongestRefusal = 1024;
constexpr std::size_t kHeartStack = 64 << 10;
constexpr int kHeartPriority = 50;

enum class HolderState : std::uint32_t { begun, refused, held, running, given_back };

const char* in_words(HoldPolicy::Reason reason) {
    switch (reason) {
        case HoldPolicy::Reason::none:
        case HoldPolicy::Reason::reset_wanted:
        case HoldPolicy::Reason::no_longer_wanted:
            return "";
        case HoldPolicy::Reason::told_to_end:
            return "the watch ended";
        case HoldPolicy::Reason::starter_gone:
            return "the watch is gone";
        case HoldPolicy::Reason::watcher_stands_still:
            return "the process that watches is stopped or stuck";
        case HoldPolicy::Reason::starter_stands_still:
            return "the process that was started is stopped";
        case HoldPolicy::Reason::holder_stood_still:
            return "all of the watch was stopped";
        case HoldPolicy::Reason::suspended:
            return "the machine was suspended";
    }
    return "";
}

}  // namespace

/// What the processes of a watch and the one that holds its watchdog have in common.
struct WatchdogPage {
    std::atomic<std::uint64_t> watcher_beats{0}, starter_beats{0};
    std::atomic<bool> reset_wanted{false}, told_to_end{false};
    std::atomic<HolderState> state{HolderState::begun};
    std::atomic<HoldPolicy::Reason> reason{HoldPolicy::Reason::none};
    std::atomic<std::uint32_t> lasted_s{0}, timeout_s{0};
    std::atomic<int> start_errno{0};
    std::array<char, kLongestRefusal> refusal{};  ///< once it is refused: an error, encoded

    static Result<std::shared_ptr<WatchdogPage>> make() {
        void* memory = ::mmap(nullptr, sizeof(WatchdogPage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            return fail_errno("sharing memory with who holds the watchdog");
        }
        const std::shared_ptr<WatchdogPage> page(new (memory) WatchdogPage,
                                                 [](WatchdogPage* one) { ::munmap(one, sizeof(WatchdogPage)); });
        if (::mlock(memory, sizeof(WatchdogPage)) != 0) {
            return fail_errno("locking memory that is shared with who holds the watchdog");
        }
        return page;
    }
};

namespace {

/// The process that holds it. After it has begun it allocates nothing, opens nothing and waits for nobody.
class Holder {
public:
    Holder(WatchdogPage& page, WatchdogDevice& device, int log, pid_t starter, const std::string& path)
        : page_(page), device_(device), log_(log), starter_(starter), path_(path.c_str()), policy_(view()) {}

    void hold() {
        while (page_.state != HolderState::given_back) {
            ::usleep(std::chrono::microseconds(kHolderTurn).count());
            const auto step = policy_.step(view());
            switch (step.act) {
                case HoldPolicy::Act::nothing:
                    break;
                case HoldPolicy::Act::start:
                    page_.start_errno = device_.start() ? 0 : errno;
                    page_.timeout_s = static_cast<std::uint32_t>(device_.timeout_s());
                    page_.state = HolderState::running;
                    break;
                case HoldPolicy::Act::stop:
                    say(device_.stop() ? "is stopped again" : "could not be stopped", "", {});
                    page_.state = HolderState::held;
                    break;
                case HoldPolicy::Act::give_back:
                    give_back(step);
                    break;
            }
        }
    }

private:
    [[nodiscard]] HolderView view() const {
        const auto now_ns = monotonic_ns();
        return {.now_ns = now_ns,
                .suspended_ns = boottime_ns() - now_ns,
                .watcher_beats = page_.watcher_beats,
                .starter_beats = page_.starter_beats,
                .starter_gone = ::getppid() != starter_,
                .told_to_end = page_.told_to_end,
                .reset_wanted = page_.reset_wanted};
    }

    void give_back(const HoldPolicy::Step& step) {
        const bool done = device_.give_back();
        page_.reason = step.reason;
        page_.lasted_s =
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(step.lasted).count());
        page_.state = HolderState::given_back;
        say(done ? "is given back and resets nothing" : "could not be stopped", in_words(step.reason), step.lasted);
    }

    /// One line to the kernel's log, after all is done: it may take its time where memory is short.
    void say(const char* what, const char* why, std::chrono::nanoseconds lasted) const {
        std::array<char, kHolderLine> line{};
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(lasted).count();
        char span[32] = "";
        if (seconds > 0) {
            std::snprintf(span, sizeof(span), " for %lld s", static_cast<long long>(seconds));
        }
        const int size = std::snprintf(line.data(), line.size(), "<4>blkhang: watchdog %s %s%s%s%s\n", path_, what,
                                       *why == '\0' ? "" : ": ", why, span);
        if (size > 0) {
            static_cast<void>(!::write(log_, line.data(), std::min(line.size() - 1, static_cast<std::size_t>(size))));
        }
    }

    WatchdogPage& page_;
    WatchdogDevice& device_;
    int log_;
    pid_t starter_;
    const char* path_;
    HoldPolicy policy_;
};

void refuse(WatchdogPage& page, const Error& error) {
    const auto text = encode(error);
    const auto size = std::min(text.size(), page.refusal.size() - 1);
    std::memcpy(page.refusal.data(), text.data(), size);
    page.state = HolderState::refused;
}

[[noreturn]] void be_the_holder(WatchdogPage& page, const std::string& path, pid_t starter) {
    become("blkhang-holder", 0);
    // Neither ^Z nor a signal to the group of the watch stops it.
    ::setpgid(0, 0);
    for (const int ignored : {SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM, SIGQUIT}) {
        ::signal(ignored, SIG_IGN);
    }
    auto device = WatchdogDevice::take(path);
    if (!device) {
        refuse(page, device.error());
        ::_exit(1);
    }
    // Stays open: it says a few lines in its life.
    const Fd log{::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (auto prepared = prepare_to_survive(kHolderHeap); !prepared) {
        device->give_back();
        refuse(page, prepared.error());
        ::_exit(1);
    }
    page.timeout_s = static_cast<std::uint32_t>(device->timeout_s());
    Holder holder(page, *device, log.get(), starter, path);
    page.state = HolderState::held;
    holder.hold();
    ::_exit(0);
}

class WatchdogResort final : public LastResort {
public:
    WatchdogResort(std::shared_ptr<WatchdogPage> page, std::string path)
        : page_(std::move(page)), path_(std::move(path)) {}

    [[nodiscard]] std::string what() const override { return fmt::format("{} resets this host", path_); }
    Status begin() override { return begin(*page_, KernelLogMarks()); }
    void rehearse() override {
        WatchdogPage nobodys;
        nobodys.state = HolderState::running;
        static_cast<void>(begin(nobodys, KernelLogMarks("/dev/null")));
    }
    void cancel() override { page_->reset_wanted = false; }

private:
    Status begin(WatchdogPage& page, const KernelLogMarks& log) {
        page.reset_wanted = true;
        const auto deadline = Deadline::after(kStartTime);
        while (page.state == HolderState::held && !deadline.passed()) {
            ++page.watcher_beats;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        if (page.state != HolderState::running || page.start_errno != 0) {
            page.reset_wanted = false;
            return page.start_errno != 0
                       ? Status(tl::unexpect, Error::from_errno(page.start_errno, "starting " + path_))
                       : Status(tl::unexpect, Error(Fault::broken, path_ + " is not held any more"));
        }
        static_cast<void>(log.mark(fmt::format("{} runs: this host is reset in {} s", path_, page.timeout_s.load())));
        return {};
    }

    std::shared_ptr<WatchdogPage> page_;
    std::string path_;
};

}  // namespace

/// The thread that beats. All that it touches is locked, so that it never waits for a disk.
struct WatchdogHolder::Heart {
    Heart(WatchdogPage* of, void* its_stack) : page(of), stack(its_stack) {}
    WatchdogPage* page;
    void* stack;
    std::atomic<bool> end{false};
    pthread_t thread{};

    static void* beat(void* heart) {
        auto& self = *static_cast<Heart*>(heart);
        while (!self.end) {
            ++self.page->starter_beats;
            ::usleep(std::chrono::microseconds(kHolderTurn).count());
        }
        return nullptr;
    }
};

WatchdogHolder::WatchdogHolder(std::shared_ptr<WatchdogPage> page, std::string path, OwnProcess process)
    : page_(std::move(page)), path_(std::move(path)), process_(process) {}

WatchdogHolder::WatchdogHolder(WatchdogHolder&&) noexcept = default;

Result<WatchdogHolder> WatchdogHolder::start(const std::filesystem::path& path) {
    auto page = WatchdogPage::make();
    if (!page) {
        return fail(page.error());
    }
    const pid_t starter = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
        return fail_errno("starting the process that holds the watchdog");
    }
    if (pid == 0) {
        be_the_holder(**page, path.string(), starter);
    }
    WatchdogHolder holder(*page, path.string(), OwnProcess(pid));
    const auto deadline = Deadline::after(kTakeTime);
    for (;;) {
        const bool over = holder.process_.ended() || deadline.passed();  // first: what it said before is there by then
        if ((*page)->state != HolderState::begun) {
            break;
        }
        if (over) {
            return fail(Fault::broken, "the process that was to hold the watchdog did not begin");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    if ((*page)->state == HolderState::refused) {
        return fail(decode_error((*page)->refusal.data()).within("--watchdog"));
    }
    return holder;
}

WatchdogHolder::~WatchdogHolder() {
    if (page_) {
        page_->told_to_end = true;
        process_.wait(Deadline::after(kGiveBackTime));
    }
    if (heart_) {
        heart_->end = true;
        ::pthread_join(heart_->thread, nullptr);
        ::munmap(heart_->stack, kHeartStack);
    }
}

Status WatchdogHolder::begin_beating() {
    void* stack =
        ::mmap(nullptr, kHeartStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (stack == MAP_FAILED || ::mlock(stack, kHeartStack) != 0) {
        return fail_errno("locking memory for the thread that says that the watch is alive");
    }
    heart_ = std::make_unique<Heart>(page_.get(), stack);
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstack(&attributes, stack, kHeartStack);
    const int failed = ::pthread_create(&heart_->thread, &attributes, Heart::beat, heart_.get());
    ::pthread_attr_destroy(&attributes);
    if (failed != 0) {
        ::munmap(stack, kHeartStack);
        heart_.reset();
        return fail(Error::from_errno(failed, "starting the thread that says that the watch is alive"));
    }
    const sched_param priority{.sched_priority = kHeartPriority};
    static_cast<void>(::pthread_setschedparam(heart_->thread, SCHED_FIFO, &priority));
    return {};
}

void WatchdogHolder::watcher_is_alive() { ++page_->watcher_beats; }

std::unique_ptr<LastResort> WatchdogHolder::resort() const { return std::make_unique<WatchdogResort>(page_, path_); }

std::optional<std::string> WatchdogHolder::news() {
    if (told_ || (!process_.ended() && page_->state != HolderState::given_back)) {
        return std::nullopt;
    }
    told_ = true;
    if (page_->state != HolderState::given_back) {
        return fmt::format("{}: the process that held it ended: it resets nothing any more", path_);
    }
    const auto lasted = page_->lasted_s.load();
    return fmt::format("{} is given back and resets nothing any more: {}{}", path_, in_words(page_->reason),
                       lasted > 0 ? fmt::format(" for {} s", lasted) : "");
}

}  // namespace blkhang
