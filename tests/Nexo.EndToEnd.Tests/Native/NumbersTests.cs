using Nexo.Engine.Store;
using Nexo.Protocol;

namespace Nexo.EndToEnd.Tests.Native;

/// <summary>Handlers cast these enums, so their numbers must be the same on the wire and in the engine.</summary>
public sealed class NumbersTests
{
    [Fact]
    public void Conditions_are_the_same() => AssertSame<ConditionKind, StoreConditionKind>();

    [Fact]
    public void Expiries_are_the_same() => AssertSame<ExpiryKind, StoreExpiryKind>();

    [Fact]
    public void Entry_kinds_are_the_same() => AssertSame<EntryKind, StoreEntryKind>();

    [Fact]
    public void Changes_are_the_same_but_for_the_notice_of_missed_ones() =>
        Assert.Equal(Numbers<StoreChangeKind>(), Numbers<StoreChange>().Where(pair => pair.Key != nameof(StoreChange.Missed)));

    private static void AssertSame<TWire, TEngine>()
        where TWire : struct, Enum
        where TEngine : struct, Enum =>
        Assert.Equal(Numbers<TWire>(), Numbers<TEngine>());

    private static IEnumerable<KeyValuePair<string, byte>> Numbers<T>()
        where T : struct, Enum =>
        Enum.GetValues<T>().Select(value => KeyValuePair.Create(value.ToString(), Convert.ToByte(value)));
}
