// SPDX-License-Identifier: GPL-2.0-only
// What a bundle takes out of logs: names, addresses, serial numbers. The same goes in the same way.
#include "publish/scrub/pseudonyms.h"

#include <nlohmann/json.hpp>

#include "harness.h"

namespace blkhang::fuzz {

const Registered kIdentity{{
    .name = "identity",
    .shape = Shape::lines,
    .longest = 1024,
    .attempt =
        [](std::string_view input) {
            Pseudonyms pseudonyms;
            pseudonyms.learn_host("kvm7.example.org");
            pseudonyms.learn_user("bob");
            pseudonyms.learn_text(input);
            const auto replaced = pseudonyms.in_text(input);
            require(pseudonyms.in_text(input) == replaced, "the same is replaced in the same way");
            if (auto json = Json::parse(input, nullptr, false); !json.is_discarded()) {
                pseudonyms.learn_json(json);
                pseudonyms.in_json(json);
            }
        },
    .seeds =
        [] {
            auto seeds = pieces(files("tool/klog/testdata", ".txt"), 1024);
            seeds.insert(seeds.end(),
                         {"hostname=kvm7 user=alice serial: 12AB34 10.0.0.7 fe80::1%eth0 02:42:ac:11:00:02\n",
                          R"({"hostname":"kvm7","user":"bob","nodes":["10.1.2.3","2001:db8::7"]})",
                          "uuid 123e4567-e89b-12d3-a456-426614174000 on kvm7.example.org for bob@kvm7\n"});
            return seeds;
        },
    .words =
        [] { return std::vector<std::string>{"hostname=", "user=", "serial=", "kvm7", "bob", "::", "@", "/home/"}; },
}};

}  // namespace blkhang::fuzz
