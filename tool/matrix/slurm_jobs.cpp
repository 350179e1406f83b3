// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/slurm_jobs.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "base/directory.h"
#include "base/file.h"
#include "base/uname.h"
#include "lab/cache.h"
#include "matrix/cell.h"
#include "matrix/directory.h"
#include "matrix/node_stream.h"
#include "matrix/slurm_attempt.h"
#include "matrix/slurm_scripts.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMinutesBesideLoad = 15;  // for what was cut off before, and for undoing
constexpr const char* kTrust = "--trust-kernels";

/// What `blkhang run` takes.
Status write_load(const fs::path& cell, const fs::path& attempt) {
    const auto planned = Directory::open(cell).and_then(read_cell);
    return planned ? write_file(attempt / slurm::kLoadProfile, planned->profile_toml) : fail(planned.error());
}

}  // namespace

SlurmJobs::SlurmJobs(std::string name, std::vector<std::string> extra, SlurmFolder& folder)
    : name_(std::move(name)),
      extra_(std::move(extra)),
      machine_(uname_here().machine),
      folder_(folder),
      bundles_(folder.program(), folder.path()) {}

slurm::Terms SlurmJobs::terms_of(const SlurmNeeds& needs, const std::string& comment,
                                 const std::set<std::string>& not_on) const {
    slurm::Terms terms;
    terms.name = name_;
    terms.comment = comment;
    terms.minutes = needs.minutes + (needs.on_node ? kMinutesBesideLoad : 0);
    terms.memory_mib = needs.memory_mib;
    terms.whole_node = needs.on_node;
    terms.only_on = needs.only_on;
    terms.not_on = not_on;
    terms.extra = extra_;
    return terms;
}

Status SlurmJobs::write_attempts(const SlurmNeeds& needs, const std::string& array,
                                 const std::vector<fs::path>& cells) const {
    std::vector<std::string> ids;
    std::uint32_t index = 0;
    for (const fs::path& cell : cells) {
        ids.push_back(cell.filename().string());
        const fs::path attempt = folder_.attempt({array, index++});
        if (auto begun = begin_attempt(attempt); !begun) {
            return begun;
        }
        std::error_code failed;
        if (fs::copy_file(cell / kCellFile, attempt / kCellFile, failed); failed) {
            return fail(Fault::broken, fmt::format("{}: {}", attempt.string(), failed.message()));
        }
        if (auto written = needs.on_node ? write_load(cell, attempt) : Status{}; !written) {
            return written;
        }
    }
    return folder_.write_list(array, ids);
}

Result<SlurmJobs::SubmittedArray> SlurmJobs::submit_array(const SlurmNeeds& needs, const std::vector<fs::path>& cells,
                                                          const std::set<std::string>& not_on) {
    const std::string number = folder_.new_array();
    if (auto written = write_attempts(needs, number, cells); !written) {
        return fail(written.error());
    }
    slurm::Array array;
    array.terms = terms_of(needs, number, not_on);
    array.arguments = {number, folder_.path().string()};
    if (needs.on_node) {
        array.script = slurm::loading_script();
        array.arguments.insert(array.arguments.end(), {machine_, slurm::kNodeOffer, slurm::kNodeBegun,
                                                       std::to_string(std::uint64_t{needs.minutes} * 60)});
    } else {
        array.script = slurm::array_script();
        const auto cache = cache_directory();
        array.arguments.insert(array.arguments.end(), {cache ? cache->parent_path().string() : "", machine_});
        if (needs.trusts_kernels) {
            array.arguments.emplace_back(kTrust);
        }
    }
    array.tasks = static_cast<std::uint32_t>(cells.size());
    const auto job = slurm::submit(array);
    if (!job) {
        folder_.drop(number, array.tasks);
        return fail(job.error());
    }
    return SubmittedArray{number, *job};
}

Result<SlurmJobs::StartedStream> SlurmJobs::start_stream(const SlurmNeeds& needs, const fs::path& cell,
                                                         const std::set<std::string>& not_on) {
    auto planned = Directory::open(cell).and_then(read_cell);
    if (!planned) {
        return fail(planned.error());
    }
    const auto packed = bundles_.for_cell(*planned);
    if (!packed) {
        return fail(packed.error());
    }
    planned->pinned = (*packed)->pinned;
    const std::string text = encode(*planned);
    const slurm::Task task{folder_.new_array(), 0};
    const fs::path attempt = folder_.attempt(task);
    auto written = begin_attempt(attempt).and_then([&] { return write_file(attempt / kCellFile, text); }).and_then([&] {
        return folder_.write_list(task.comment, {cell.filename().string()});
    });
    if (!written) {
        return fail(written.error());
    }
    const auto lock = FileLock::try_acquire(attempt / attempt_files::kLock);
    if (!lock || !*lock) {
        return fail(lock ? Error(Fault::broken, fmt::format("{} is locked", attempt.string())) : lock.error());
    }
    slurm::Streamed job;
    job.terms = terms_of(needs, task.comment, not_on);
    job.script = slurm::streamed_script();
    job.arguments = {machine_, std::to_string((*packed)->bytes), std::to_string(text.size()), names_in_streams()};
    if (needs.trusts_kernels || (*packed)->has_files) {
        job.arguments.emplace_back(kTrust);
    }
    job.first = (*packed)->file;
    job.second = attempt / kCellFile;
    job.out = attempt / attempt_files::kStream;
    job.err = attempt / attempt_files::kSaid;
    job.kept_open = (*lock)->descriptor();
    auto starter = slurm::start(job);
    return starter ? Result<StartedStream>(StartedStream{task, std::move(*starter)}) : fail(starter.error());
}

}  // namespace blkhang
