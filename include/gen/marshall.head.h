/* For driver plug-ins and connection managers: from the kernel's words to those of verbs. */

#include <rdma/ib_user_sa.h>
#include <rdma/ib_user_verbs.h>

#include <infiniband/sa.h>
#include <infiniband/verbs.h>
