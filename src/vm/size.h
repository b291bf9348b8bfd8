/* How many bytes the VM asked its allocator for, object by object.
**
** Mirrors what lstring.c, ltable.c, lfunc.c, lstate.c ... request. Together with
** the VM's own block and the string table these sum to collectgarbage("count"). */
#ifndef HP_SIZE_H
#define HP_SIZE_H

#include "object.h"

static inline size_t hp_table_size(const hp_Vm *vm, const char *o) {
  size_t n = HP_TABLE_SIZE + HP_VALUE_SIZE * hp_table_array_size(vm, o);
  return hp_table_has_nodes(o) ? n + HP_NODE_SIZE * hp_table_node_count(o) : n;
}

static inline size_t hp_string_size(const char *o) {
  return HP_STRING_HEADER + hp_string_len(o) + 1;
}

static inline size_t hp_userdata_size(const char *o) {
  return hp_userdata_header(hp_userdata_nuv(o)) + hp_userdata_len(o);
}

static inline size_t hp_proto_size(const char *o) {
  return HP_PROTO_SIZE + 4 * (size_t)hp_proto_ncode(o) + hp_proto_nlineinfo(o) +
         8 * (size_t)hp_proto_nabslineinfo(o) + 8 * (size_t)hp_proto_np(o) +
         16 * ((size_t)hp_proto_nk(o) + hp_proto_nlocvars(o) + hp_proto_nupvalues(o));
}

/* Bytes of any object; 0 for a tag no release has. */
size_t hp_object_size(const hp_Vm *vm, const char *o);

/* Bytes in the count that belong to no object: the VM's block and the string
** table's buckets. */
size_t hp_vm_internals_size(const hp_Vm *vm);

#endif
