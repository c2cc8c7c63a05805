#undef htonll
#undef ntohll

static inline uint64_t htonll(uint64_t x)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(x);
#else
	return x;
#endif
}

static inline uint64_t ntohll(uint64_t x)
{
	return htonll(x);
}

/* Programs ask the preprocessor whether these exist. */
#define htonll htonll
#define ntohll ntohll
