//! Protocol buffers, as far as reading fields one after the other (protobuf.dev, "Encoding").

/// What a field holds.
pub(crate) enum Value<'b> {
    /// A varint.
    Number(u64),
    /// Text, bytes, a message, or a number of a fixed length.
    Bytes(&'b [u8]),
}

/// The fields of a message (protobuf.dev, "Encoding").
pub(crate) struct Fields<'b>(pub &'b [u8]);

impl<'b> Fields<'b> {
    /// The number of the next field and what it holds; `None` at the end.
    pub fn next(&mut self) -> Result<Option<(u64, Value<'b>)>, &'static str> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Bytes(self.take(8)?),
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(usize::try_from(length).unwrap_or(usize::MAX))?)
            }
            5 => Value::Bytes(self.take(4)?),
            _ => return Err("a field of its message has an unknown type"),
        };
        Ok(Some((tag >> 3, value)))
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], &'static str> {
        let (taken, rest) =
            self.0.split_at_checked(count).ok_or("a field of its message is longer than the message")?;
        self.0 = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, &'static str> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first().unwrap_or(&0);
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number in its message has no end")
    }
}
