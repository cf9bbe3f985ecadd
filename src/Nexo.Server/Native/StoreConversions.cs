using EngineCondition = Nexo.Engine.Store.StoreCondition;
using EngineConditionKind = Nexo.Engine.Store.StoreConditionKind;
using EngineExpiry = Nexo.Engine.Store.StoreExpiry;
using EngineExpiryKind = Nexo.Engine.Store.StoreExpiryKind;
using WireCondition = Nexo.Protocol.StoreCondition;
using WireExpiry = Nexo.Protocol.StoreExpiry;

namespace Nexo.Server.Native;

/// <summary>Wire forms to the engine's own. The numbers of their kinds agree, which a test keeps so.</summary>
internal static class StoreConversions
{
    public static EngineExpiry ToEngine(this WireExpiry expiry) =>
        new((EngineExpiryKind)expiry.Kind, expiry.Milliseconds);

    public static EngineCondition ToEngine(this scoped in WireCondition condition) => new()
    {
        Kind = (EngineConditionKind)condition.Kind,
        Version = condition.Version,
        Value = condition.Value,
    };
}
