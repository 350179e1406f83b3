// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "watch/heal_policy.h"

namespace blkhang {

/// What /proc says of the thread, read without any lock that a task which hangs could hold: neither its memory map nor
/// its command line is looked at.
Person find_person(const std::filesystem::path& proc, std::int32_t pid, std::int32_t our_process);

/// Who are the tasks of a cycle, and killing them: an interface, so that tests kill nobody.
class People {
public:
    People() = default;
    People(const People&) = delete;
    People& operator=(const People&) = delete;
    People(People&&) = delete;
    People& operator=(People&&) = delete;
    virtual ~People() = default;

    /// To be asked at the proof. Holds on to who they are until the next call.
    virtual std::vector<Person> identify(const std::vector<std::int32_t>& pids) = 0;
    /// SIGKILL to the process of one that was identified, if it is still the same.
    virtual Status kill(const Person& person) = 0;
};

/// Those of this machine: by descriptors that are opened at the proof, so that no other process can be hit that got the
/// same number since.
class MachinePeople final : public People {
public:
    explicit MachinePeople(std::filesystem::path proc = "/proc") : proc_(std::move(proc)) {}
    std::vector<Person> identify(const std::vector<std::int32_t>& pids) override;
    Status kill(const Person& person) override;

private:
    std::filesystem::path proc_;
    std::map<std::int32_t, Fd> processes_;
};

}  // namespace blkhang
