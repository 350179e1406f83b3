// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

#include "kernels/members.h"
#include "record/record.h"

namespace blkhang {

/// What makes two records show the same: the locks of the cycle in its order, and the functions in which a queue is
/// frozen; not addresses, process ids, disks, or who happened to own a mutex. Names of functions that kernels changed
/// over time count as one.
struct CycleSignature {
    std::string text;                         ///< "elv_iosched_store: queue > pcpu_alloc_mutex > queue"; empty for none
    const MemberKnowledge* member = nullptr;  ///< of the family that it is, as far as functions tell
    bool is_over_memory = false;              ///< one of the tasks waits for that
    /// Eight hexadecimal digits, for people to talk of it by.
    [[nodiscard]] std::string id() const;
};
/// Of a record that found something: of its deadlock, else of the lock cycle that its reasons name.
CycleSignature signature_of(const Record& record);

/// The first member that a function of the stack tells of; nullptr if none does.
const MemberKnowledge* member_in(const Stack& stack);

}  // namespace blkhang
