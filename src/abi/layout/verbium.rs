//! Structs of the extensions.
//! Written by c-tests/layout/asserts.py from verbium.tsv; not edited by hand.

use crate::abi::*;

layout! { ibv_ext_ops: 8, 4;
    size 0 4, version 4 4,
}
layout! { ibv_ext_registration: 48, 8;
    size 0 8, provider 8 8, name 16 8, device_ops 24 8, context_ops 32 8, have 40 8,
}
layout! { verbium_counters: 160, 8;
    sent_messages 0 8, sent_bytes 8 8, sent_packets 16 8, received_messages 24 8,
    received_bytes 32 8, received_packets 40 8, completions 48 8, read_bytes 56 8,
    served_reads 64 8, served_atomics 72 8, failed_completions 80 8, flushed_completions 88 8,
    retries 96 8, received_naks 104 8, received_rnr_naks 112 8, sent_naks 120 8,
    sent_rnr_naks 128 8, duplicates 136 8, gaps 144 8, dropped_messages 152 8,
}
layout! { verbium_device_ops: 16, 8;
    ops 0 8, query_counters 8 8,
}
layout! { verbium_context_ops: 24, 8;
    ops 0 8, query_device_counters 8 8, query_qp_counters 16 8,
}
