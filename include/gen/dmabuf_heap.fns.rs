// The functions of dmabuf_heap.h, for `make headers`: cbindgen turns them into prototypes.

unsafe extern "C" {
    pub fn ibv_dmabuf_heap_alloc(
        heap: *mut ibv_dmabuf_heap,
        size: usize,
        dmabuf_fd: *mut c_int,
    ) -> *mut c_void;
    pub fn ibv_dmabuf_heap_cc_shared_init() -> *mut ibv_dmabuf_heap;
    pub fn ibv_dmabuf_heap_destroy(heap: *mut ibv_dmabuf_heap);
    pub fn ibv_dmabuf_heap_free(buf: *mut c_void, size: usize, dmabuf_fd: c_int);
}
