use super::*;

/// A struct whose bytes all differ, so that a member in the wrong place shows.
fn patterned<T: Zeroed>() -> T {
    let mut value = T::zeroed();
    let bytes = (&raw mut value).cast::<u8>();
    for index in 0..size_of::<T>() {
        // SAFETY: inside the value; any bytes are integers.
        unsafe { bytes.add(index).write(index as u8 + 1) };
    }
    value
}

#[test]
fn a_path_record_comes_back_as_it_went() {
    let mut kernel: ib_user_path_rec = patterned();
    // The kernel's word is wider than verbs' byte.
    kernel.mtu = 4;
    let mut verbs: ibv_sa_path_rec = Zeroed::zeroed();
    let mut back: ib_user_path_rec = Zeroed::zeroed();
    // SAFETY: valid places.
    unsafe { ibv_copy_path_rec_from_kern(&mut verbs, &mut kernel) };
    assert_eq!(
        (verbs.hop_limit, verbs.pkey, verbs.mtu),
        (kernel.hop_limit, kernel.pkey, 4)
    );
    // SAFETY: valid places.
    unsafe { ibv_copy_path_rec_to_kern(&mut back, &mut verbs) };
    let bytes = |record: &ib_user_path_rec| {
        // SAFETY: plain integers without padding.
        unsafe {
            std::slice::from_raw_parts((&raw const *record).cast::<u8>(), size_of_val(record))
        }
        .to_vec()
    };
    assert_eq!(bytes(&back), bytes(&kernel));
}

#[test]
fn qp_attributes_leave_the_state_and_what_older_programs_have_no_room_for() {
    let mut kernel: ib_uverbs_qp_attr = patterned();
    let mut verbs = ibv_qp_attr {
        qp_state: IBV_QPS_RTR,
        rate_limit: 0x5a5a,
        ..Zeroed::zeroed()
    };
    // SAFETY: valid places.
    unsafe { ibv_copy_qp_attr_from_kern(&mut verbs, &mut kernel) };
    assert_eq!((verbs.qp_state, verbs.rate_limit), (IBV_QPS_RTR, 0x5a5a));
    assert_eq!(verbs.cur_qp_state, kernel.cur_qp_state);
    assert_eq!(verbs.dest_qp_num, kernel.dest_qp_num);
    assert_eq!(verbs.alt_timeout, kernel.alt_timeout);
    assert_eq!(verbs.cap.max_inline_data, kernel.max_inline_data);
    assert_eq!(verbs.alt_ah_attr.port_num, kernel.alt_ah_attr.port_num);
    assert_eq!(verbs.ah_attr.grh.flow_label, kernel.ah_attr.grh.flow_label);
}
