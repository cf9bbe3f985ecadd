namespace Nexo.Protocol;

/// <summary>
/// What a frame asks for or tells. The high byte is the broker: 0x00 connection, 0x01 store, 0x02 queue,
/// 0x03 pub/sub, 0x04 streams, 0x05 administration. Numbers are append-only; <c>docs/protocol.md</c> gives every body.
/// </summary>
public enum Opcode : ushort
{
    None = 0,

    // Connection.
    Hello = 0x0001,
    Ping = 0x0002,
    GoAway = 0x0003,
    Cancel = 0x0004,
    Credit = 0x0005,
    Stop = 0x0006,
    Info = 0x0007,

    // Store.
    StoreGet = 0x0101,
    StoreSet = 0x0102,
    StoreDelete = 0x0103,
    StoreExists = 0x0104,
    StoreTtl = 0x0105,
    StoreExpire = 0x0106,
    StoreTake = 0x0107,
    StoreTouch = 0x0108,
    StoreIncrement = 0x0109,
    StoreAppend = 0x010A,
    StoreLength = 0x010B,
    StoreRange = 0x010C,
    StoreMultiGet = 0x0110,
    StoreMultiSet = 0x0111,
    StoreMultiDelete = 0x0112,
    StoreScan = 0x0118,
    StoreCount = 0x0119,
    StoreClear = 0x011A,
    StoreHashSet = 0x0120,
    StoreHashGet = 0x0121,
    StoreHashMultiGet = 0x0122,
    StoreHashDelete = 0x0123,
    StoreHashGetAll = 0x0124,
    StoreHashIncrement = 0x0125,
    StoreHashLength = 0x0126,
    StoreWatch = 0x0130,

    // Administration.
    AdminSnapshot = 0x0510,
}

/// <summary>Facts about opcodes that both ends share.</summary>
public static class OpcodeFacts
{
    /// <summary>True for requests of the store.</summary>
    public static bool IsStore(this Opcode opcode) => (ushort)opcode >> 8 == 0x01;

    /// <summary>True for store requests that change entries: those that a durability means something for.</summary>
    public static bool IsStoreWrite(this Opcode opcode) => opcode is Opcode.StoreSet
        or Opcode.StoreDelete
        or Opcode.StoreExpire
        or Opcode.StoreTake
        or Opcode.StoreTouch
        or Opcode.StoreIncrement
        or Opcode.StoreAppend
        or Opcode.StoreMultiSet
        or Opcode.StoreMultiDelete
        or Opcode.StoreClear
        or Opcode.StoreHashSet
        or Opcode.StoreHashDelete
        or Opcode.StoreHashIncrement;
}
