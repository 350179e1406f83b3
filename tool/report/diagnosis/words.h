// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diagnose/diagnosis.h"
#include "record/record.h"

namespace blkhang {

/// "PROVEN BY THE LOG", "FITS A KNOWN HANG": how a report of it begins.
std::string_view title_of(Answer answer);

/// The circle as records have it, for whatever draws those. Its times are not known. There must be one.
Record::Deadlock recorded_circle(const Diagnosis& diagnosis);

/// "waits for a disk", "has pcpu_alloc_mutex and waits for a frozen queue".
std::string role_of(const Diagnosis::Task& task);

/// Where all of it is from, and what that means, in a sentence.
std::string provenance(const Diagnosis& diagnosis, const std::vector<std::string>& sources);

}  // namespace blkhang
