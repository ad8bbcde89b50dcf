/// The server about itself.
extension Router {
    static let systemRoutes: [Route] = [
        Route("GET", "/system/ping", needsSession: false) { (model, call) throws(APIError) in
            ping(model, isFull: call.request.query("get_server_status") == "true")
        },
        Route("GET", "/config/client", needsSession: false) { (_, call) throws(APIError) in
            guard call.request.query("format") == "old" else { throw .invalidParameter(inURL: "format") }
            return Answer(json: clientConfiguration)
        },
        Route("GET", "/license/client", needsSession: false) { (_, _) throws(APIError) in
            Answer(json: ["IsLicensed": "false"])
        },
        Route("POST", "/caches/invalidate") { (model, call) throws(APIError) in
            try model.requireAdmin(call)
            model.publish("license_changed", ["license": ["IsLicensed": "false"]], to: .init())
            return .ok
        },
    ]

    /// Healthy even with the database down, unless the database is asked about.
    private static func ping(_ model: ServerModel, isFull: Bool) -> Answer {
        let isDown = isFull && model.isDatabaseDown
        let status = isDown ? "UNHEALTHY" : "OK"
        var members: [JSONValue.Member] = ["AndroidLatestVersion", "AndroidMinVersion", "IosLatestVersion", "IosMinVersion"]
            .map { .init(name: $0, value: "") }
        guard isFull else { return Answer(json: .object(members + [.init(name: "status", value: "OK")])) }
        members += [
            .init(name: "database_status", value: .string(status)), .init(name: "filestore_status", value: "OK"),
            .init(name: "status", value: .string(status)),
        ]
        return Answer(
            status: isDown ? 500 : 200, json: .object(members),
            headers: [("Database_status", status), ("Filestore_status", "OK"), ("Status", status)])
    }

    /// What a client may know without a session. All values are strings.
    private static let clientConfiguration = JSONValue.object(
        configurationNames.map { name in
            .init(name: name, value: .string(configurationValues[name] ?? (falseNames.contains(name) ? "false" : "")))
        })

    private static let configurationNames = """
        AboutLink AndroidAppDownloadLink AndroidLatestVersion AndroidMinVersion AppDownloadLink
        AsymmetricSigningPublicKey BuildDate BuildEnterpriseReady BuildHash BuildHashEnterprise BuildNumber CWSURL
        CustomBrandText CustomDescriptionText DefaultClientLocale DiagnosticId DiagnosticsEnabled
        EmailLoginButtonBorderColor EmailLoginButtonColor EmailLoginButtonTextColor EnableAskCommunityLink
        EnableBotAccountCreation EnableCustomBrand EnableCustomEmoji EnableDiagnostics EnableFile
        EnableGuestAccounts EnableLdap EnableMultifactorAuthentication EnableOpenServer EnableSaml
        EnableSignInWithEmail EnableSignInWithUsername EnableSignUpWithEmail EnableSignUpWithGitLab
        EnableSignUpWithGoogle EnableSignUpWithOffice365 EnableSignUpWithOpenId EnableUserCreation
        EnforceMultifactorAuthentication FeatureFlagAddMembersToChannel FeatureFlagAppBarEnabled
        FeatureFlagAppsEnabled FeatureFlagBoardsDataRetention FeatureFlagBoardsFeatureFlags FeatureFlagCallsMobile
        FeatureFlagCloudDelinquentEmailJobsEnabled FeatureFlagCollapsedThreads FeatureFlagCustomGroups
        FeatureFlagEnableInactivityCheckJob FeatureFlagEnableRemoteClusterService FeatureFlagGraphQL
        FeatureFlagGuidedChannelCreation FeatureFlagInviteToTeam FeatureFlagNewAccountNoisy
        FeatureFlagNormalizeLdapDNs FeatureFlagPermalinkPreviews FeatureFlagPluginApps FeatureFlagPluginFocalboard
        FeatureFlagPluginPlaybooks FeatureFlagTestBoolFeature FeatureFlagTestFeature FeatureFlagUseCaseOnboarding
        FileLevel GitLabButtonColor GitLabButtonText GuestAccountsEnforceMultifactorAuthentication HasImageProxy
        HelpLink IosAppDownloadLink IosLatestVersion IosMinVersion LdapLoginButtonBorderColor LdapLoginButtonColor
        LdapLoginButtonTextColor LdapLoginFieldName NoAccounts OpenIdButtonColor OpenIdButtonText
        PasswordMinimumLength PasswordRequireLowercase PasswordRequireNumber PasswordRequireSymbol
        PasswordRequireUppercase PluginsEnabled PrivacyPolicyLink ReportAProblemLink SamlLoginButtonBorderColor
        SamlLoginButtonColor SamlLoginButtonText SamlLoginButtonTextColor SiteName SiteURL SupportEmail TelemetryId
        TermsOfServiceLink Version WebsocketPort WebsocketSecurePort WebsocketURL
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    private static let falseNames = Set("""
        BuildEnterpriseReady DiagnosticsEnabled EnableCustomBrand EnableCustomEmoji EnableDiagnostics EnableFile
        EnableLdap EnableMultifactorAuthentication EnableSaml EnableSignUpWithGitLab EnableSignUpWithGoogle
        EnableSignUpWithOffice365 EnableSignUpWithOpenId EnforceMultifactorAuthentication FeatureFlagAppBarEnabled
        FeatureFlagBoardsDataRetention FeatureFlagCallsMobile FeatureFlagCloudDelinquentEmailJobsEnabled
        FeatureFlagEnableRemoteClusterService FeatureFlagGraphQL FeatureFlagGuidedChannelCreation
        FeatureFlagNewAccountNoisy FeatureFlagNormalizeLdapDNs FeatureFlagTestBoolFeature
        GuestAccountsEnforceMultifactorAuthentication HasImageProxy NoAccounts PasswordRequireLowercase
        PasswordRequireNumber PasswordRequireSymbol PasswordRequireUppercase PluginsEnabled
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    private static let configurationValues: [String: String] = [
        "AboutLink": "https://docs.mattermost.com/about/product.html/",
        "AndroidAppDownloadLink": "https://mattermost.com/mattermost-android-app/",
        "AppDownloadLink": "https://mattermost.com/download/#mattermostApps",
        "BuildNumber": "6.6.1",
        "DefaultClientLocale": "en",
        "EmailLoginButtonBorderColor": "#2389D7",
        "EmailLoginButtonColor": "#0000",
        "EmailLoginButtonTextColor": "#2389D7",
        "EnableAskCommunityLink": "true",
        "EnableBotAccountCreation": "true",
        "EnableGuestAccounts": "true",
        "EnableOpenServer": "true",
        "EnableSignInWithEmail": "true",
        "EnableSignInWithUsername": "true",
        "EnableSignUpWithEmail": "true",
        "EnableUserCreation": "true",
        "FeatureFlagAddMembersToChannel": "top",
        "FeatureFlagAppsEnabled": "true",
        "FeatureFlagCollapsedThreads": "true",
        "FeatureFlagCustomGroups": "true",
        "FeatureFlagEnableInactivityCheckJob": "true",
        "FeatureFlagInviteToTeam": "none",
        "FeatureFlagPermalinkPreviews": "true",
        "FeatureFlagTestFeature": "off",
        "FeatureFlagUseCaseOnboarding": "true",
        "FileLevel": "INFO",
        "HelpLink": "https://mattermost.com/default-help/",
        "IosAppDownloadLink": "https://mattermost.com/mattermost-ios-app/",
        "PasswordMinimumLength": "5",
        "PrivacyPolicyLink": "https://mattermost.com/privacy-policy/",
        "ReportAProblemLink": "https://mattermost.com/default-report-a-problem/",
        "SiteName": "Mattermost",
        "TermsOfServiceLink": "https://mattermost.com/terms-of-use/",
        "Version": "6.6.1",
        "WebsocketPort": "80",
        "WebsocketSecurePort": "443",
    ]
}
