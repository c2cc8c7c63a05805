/* The opcode of an operation of a transport, by their names: IBV_OPCODE(RC, SEND_FIRST). */
#define IBV_OPCODE(transport, op) (IBV_OPCODE_##transport + IBV_OPCODE_##op)
