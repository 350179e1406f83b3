// SPDX-License-Identifier: GPL-2.0-only
// Texts below /proc and /sys of a kernel that may be anybody's. The first byte says which.
#include "harness.h"
#include "klog/kmsg.h"
#include "machine/percpu_gfp.h"
#include "machine/preemption.h"
#include "machine/symbols.h"
#include "run/meter.h"
#include "stage/cgroups.h"

namespace blkhang::fuzz {
namespace {

void read_symbols(std::string_view text) {
    const auto symbols = Symbols::parse(text);
    for (const std::uint64_t address : {UINT64_C(0), UINT64_C(0xffffffff81000010), UINT64_MAX}) {
        require(!symbols.describe(address).empty(), "every address is called something");
        static_cast<void>(symbols.function_at(address));
    }
    static_cast<void>(symbols.has_function("pcpu_alloc"));
    static_cast<void>(symbols.address("pcpu_alloc_mutex"));
}

void read_text(char which, std::string_view text) {
    switch (which) {
        case 'k':
            read_symbols(text);
            break;
        case 'i':
            static_cast<void>(written_bytes(CgroupVersion::v2, text, "253:16"));
            break;
        case 'b':
            static_cast<void>(written_bytes(CgroupVersion::v1, text, "253:16"));
            break;
        case 't':
            static_cast<void>(noio_took_mutex(text, 812));
            break;
        case 'p':
            static_cast<void>(preempts_in_kernel(text, text));
            break;
        case 'm':
            static_cast<void>(parse_kmsg(text));
            break;
        default:
            static_cast<void>(vmstat_value(text, "pswpout"));
            static_cast<void>(parse_number(text));
    }
}

}  // namespace

const Registered kKernelFiles{{
    .name = "kernel_files",
    .shape = Shape::lines,
    .longest = 1024,
    .attempt =
        [](std::string_view input) {
            if (!input.empty()) {
                read_text(input.front(), input.substr(1));
            }
        },
    .seeds =
        [] {
            return std::vector<std::string>{
                "kffffffff81000000 T _stext\nffffffff81000010 t pcpu_alloc\nffffffff82000000 d pcpu_alloc_mutex\n"
                "ffffffffc0000000 t plant\t[sync_alloc]\n",
                "i253:16 rbytes=0 wbytes=4096 rios=0 wios=1 dbytes=0 dios=0\n253:0 wbytes=8\n",
                "b253:16 Read 0\n253:16 Write 4096\n253:16 Total 4096\nTotal 4096\n",
                "t  blkhang-812     [001] .....   12.3: percpu_alloc_percpu: call_site=x reserved=0 is_atomic=0 "
                "size=8\n",
                "pnone (voluntary) full\n",
                "m6,812,12345678,-;INFO: task x:1 blocked\n SUBSYSTEM=block\n",
                "vnr_free_pages 12345\npswpout 678\n"};
        },
}};

}  // namespace blkhang::fuzz
