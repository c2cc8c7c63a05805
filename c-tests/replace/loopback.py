# SPDX-License-Identifier: MIT OR Apache-2.0
"""Two RC queue pairs of one process by way of pyverbs: a SEND and an RDMA WRITE arrive."""

import sys
import time

from pyverbs.addr import AHAttr, GID, GlobalRoute
from pyverbs.cq import CQ
from pyverbs.device import Context, get_device_list
from pyverbs.mr import MR
from pyverbs.pd import PD
from pyverbs.qp import QP, QPAttr, QPCap, QPInitAttr
from pyverbs.wr import RecvWR, SGE, SendWR
import pyverbs.enums as e

SIZE = 4096
ACCESS = e.IBV_ACCESS_LOCAL_WRITE | e.IBV_ACCESS_REMOTE_WRITE


def poll(cq):
    """The one completion that has to come, which has to be a good one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        count, completions = cq.poll(1)
        if count:
            assert completions[0].status == e.IBV_WC_SUCCESS, completions[0]
            return completions[0]
    raise SystemExit("no completion came")


class End:
    def __init__(self, context, pd):
        self.mr = MR(pd, SIZE, ACCESS)
        self.cq = CQ(context, 16)
        cap = QPCap(max_send_wr=8, max_recv_wr=8, max_send_sge=1, max_recv_sge=1)
        init = QPInitAttr(qp_type=e.IBV_QPT_RC, scq=self.cq, rcq=self.cq, cap=cap, sq_sig_all=1)
        self.qp = QP(pd, init)

    def connect(self, peer, gid):
        route = GlobalRoute(dgid=gid, sgid_index=0)
        attr = QPAttr(port_num=1)
        attr.qp_access_flags = ACCESS
        attr.dest_qp_num = peer.qp.qp_num
        attr.path_mtu = e.IBV_MTU_1024
        attr.max_rd_atomic = attr.max_dest_rd_atomic = 1
        attr.min_rnr_timer = 12
        attr.timeout, attr.retry_cnt, attr.rnr_retry = 14, 7, 7
        attr.ah_attr = AHAttr(gr=route, is_global=1, port_num=1)
        self.qp.to_rts(attr)

    def sge(self):
        return SGE(self.mr.buf, SIZE, self.mr.lkey)


def main():
    names = [device.name.decode() for device in get_device_list()]
    assert names, "no device"
    context = Context(name=names[0])
    assert context.query_port(1).state == e.IBV_PORT_ACTIVE
    gid = context.query_gid(port_num=1, index=0)
    pd = PD(context)
    a, b = End(context, pd), End(context, pd)
    a.connect(b, gid)
    b.connect(a, gid)

    a.mr.write("s" * SIZE, SIZE)
    b.qp.post_recv(RecvWR(num_sge=1, sg=[b.sge()]))
    a.qp.post_send(SendWR(opcode=e.IBV_WR_SEND, num_sge=1, sg=[a.sge()]))
    poll(a.cq)
    assert poll(b.cq).byte_len == SIZE
    assert b.mr.read(SIZE, 0) == b"s" * SIZE

    a.mr.write("w" * SIZE, SIZE)
    write = SendWR(opcode=e.IBV_WR_RDMA_WRITE, num_sge=1, sg=[a.sge()])
    write.set_wr_rdma(b.mr.rkey, b.mr.buf)
    a.qp.post_send(write)
    poll(a.cq)
    assert b.mr.read(SIZE, 0) == b"w" * SIZE
    print(f"{names[0]}: SEND and RDMA WRITE arrived")


if __name__ == "__main__":
    sys.exit(main())
