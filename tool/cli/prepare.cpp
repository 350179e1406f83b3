// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/format.h>

#include "base/shown.h"
#include "base/sizes.h"
#include "cli/command.h"
#include "machine/device_claim.h"
#include "stage/device_header.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

Result<ExitCode> prepare(const Invocation& invocation) {
    const auto claim = claim_device(invocation.text("DEV"));
    if (!claim) {
        return fail(claim.error());
    }
    const PrepareRequest request{invocation.has("serial") ? invocation.text("serial") : "",
                                 invocation.flag("overwrite")};
    if (auto may = may_prepare(*claim, request); !may) {
        return fail(may.error());
    }
    const auto header =
        new_device_header(*claim, invocation.flag("load") ? DevicePurpose::load : DevicePurpose::journal);
    if (!header) {
        return fail(header.error());
    }
    if (auto written = write_device_header(*claim, *header); !written) {
        return fail(written.error());
    }
    print(shown("{} ({}, {}) is prepared for blkhang's {}: {}\n", claim->path.string(), format_size(claim->size),
                identity_of(*claim), word(header->purpose), uuid_text(*header)));
    return ExitCode::ok;
}

}  // namespace

Command prepare_command() {
    Command command{
        .name = "prepare",
        .summary = "give a disk to blkhang, if nobody uses it",
        .synopsis = {"DEV", "--serial S", "[--overwrite]", "[--load]"},
        .description =
            {"Writes blkhang's header to a block device: without a valid one, blkhang never writes to a device. DEV is "
             "a whole disk, by any of its names; a partition shares its queue with its neighbours. By default the "
             "device is to keep the journal, evidence that outlives this machine.",
             "Before that it is opened exclusively, which it stays, and everything is asked that may speak against "
             "it: whether it is mounted, in any mount namespace, swap, held, open by any process, part of something "
             "larger, exported, in definitions of mounts and of guests, also of those that are off, or has anything on "
             "it. All reasons are listed, each with the fact behind it and what would clear it. What cannot be read is "
             "a reason. Of a device on which nothing is recognised the first 16 MiB, the last one and 255 places "
             "between have to be zero, and all of one of up to 256 MiB.",
             "What is written are zeros over the first and the last MiB, and then the header, 4 KiB.",
             "No check proves that data are worthless. So the serial number or the WWN has to be repeated, exactly; "
             "without --serial, prepare tells what it is and writes nothing. A device that tells neither is called by "
             "its name and size, as pmem0-8388608."},
        .sections = {},
        .exit_status = {{"0", "the device carries the header"},
                        {"2", "DEV is no block device, --serial is missing or another's, or it was prepared before"},
                        {"4", "something speaks against it; all of it is listed, and nothing was written"},
                        {"5", "writing failed, or the device changed meanwhile"}},
        .examples = {{"blkhang prepare /dev/sdb", "what speaks against it, and what is it called?"},
                     {"blkhang prepare /dev/sdb --serial S3Z9NB0K", "give it to blkhang"},
                     {"blkhang prepare /dev/sdb --serial S3Z9NB0K --overwrite",
                      "the same, though there is a file system on it that nobody needs"}},
        .positionals = {{"DEV", true}},
        .options = {},
        .run = prepare,
    };
    command.options.add_options()  //
        ("serial", po::value<std::string>()->value_name("S"),
         "the serial number or the WWN of DEV: lsblk --nodeps --output NAME,SIZE,MODEL,SERIAL,WWN")  //
        ("overwrite", po::bool_switch(),
         "give up a file system, swap area, empty partition table, header or data on it; never a member of an array, "
         "a volume group or a pool, nor what is encrypted")  //
        ("load", po::bool_switch(), "for the load of runs, which destroys what is on it, instead of the journal");
    return command;
}

}  // namespace blkhang
