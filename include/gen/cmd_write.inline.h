/* Set from the environment variable RDMAV_ALLOW_DISASSOC_DESTROY. */
extern bool verbs_allow_disassociate_destroy;

/*
 * Whether to stop destroying an object after the kernel answered *ret. A device that is gone has
 * no object either; where that is allowed to be success, *ret becomes 0.
 */
static inline bool verbs_is_destroy_err(int *ret)
{
	if (*ret != EIO || !verbs_allow_disassociate_destroy)
		return *ret != 0;
	*ret = 0;
	return true;
}
