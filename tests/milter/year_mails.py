# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""Mails of invented services in four languages, for the simulated year. {who}, {name}, {url},
{number}, {amount} are filled in."""
import base64

MAILS = {
    "reset": {
        "en": [("Reset your {name} password",
                "Hello {who},\n\nwe received a request to reset the password for your {name} account.\n"
                "Click the link below to choose a new password:\n\n{url}\n\n"
                "If you did not request a password reset, you can ignore this email.\n")],
        "de": [("Passwort zurücksetzen bei {name}",
                "Hallo {who},\n\nSie haben angefordert, Ihr Passwort für {name} zurückzusetzen.\n"
                "Klicken Sie auf den folgenden Link, um ein neues Passwort zu vergeben:\n\n{url}\n\n"
                "Falls Sie das nicht angefordert haben, ignorieren Sie diese E-Mail.\n")],
        "es": [("Restablecer tu contraseña de {name}",
                "Hola {who}:\n\nHemos recibido una solicitud para restablecer la contraseña de tu cuenta.\n"
                "Haz clic en el siguiente enlace para crear una nueva contraseña:\n\n{url}\n\n"
                "Si no has solicitado este cambio, ignora este mensaje.\n")],
        "ja": [("【{name}】パスワード再設定のご案内",
                "{who} 様\n\n{name} をご利用いただきありがとうございます。\n"
                "パスワードの再設定のお申し込みを受け付けました。\n"
                "下記のURLをクリックして、新しいパスワードを設定してください。\n\n{url}\n\n"
                "お心当たりのない場合は、このメールを破棄してください。\n")]},
    "code": {
        "en": [("Your {name} verification code",
                "Hello {who},\n\nyour verification code is {number}.\n\n"
                "Enter this code to sign in. It expires in 10 minutes. Do not share it with anyone.\n")],
        "de": [("Ihr Sicherheitscode für {name}",
                "Hallo {who},\n\nIhr Sicherheitscode lautet: {number}\n\n"
                "Geben Sie diesen Code ein, um sich anzumelden. Er ist 10 Minuten gültig.\n"
                "Geben Sie ihn an niemanden weiter.\n")],
        "es": [("Tu código de verificación de {name}",
                "Hola {who}:\n\nTu código de verificación es {number}.\n\n"
                "Introduce este código para iniciar sesión. Caduca en 10 minutos. No lo compartas con nadie.\n")],
        "ja": [("【{name}】認証コードのお知らせ",
                "{who} 様\n\nログインの認証コードをお知らせします。\n\n認証コード：{number}\n\n"
                "有効期限は10分です。このコードを他人に教えないでください。\n")]},
    "verify": {
        "en": [("Confirm your email address",
                "Welcome to {name}!\n\nThank you for signing up. Please confirm your email address to activate "
                "your account:\n\n{url}\n\nIf you did not create an account with {name}, ignore this email.\n")],
        "de": [("Bitte bestätigen Sie Ihre E-Mail-Adresse",
                "Willkommen bei {name}!\n\nVielen Dank für Ihre Registrierung. Bitte bestätigen Sie Ihre "
                "E-Mail-Adresse, um Ihr Konto zu aktivieren:\n\n{url}\n\n"
                "Wenn Sie sich nicht registriert haben, ignorieren Sie diese Nachricht.\n")],
        "es": [("Confirma tu dirección de correo electrónico",
                "¡Te damos la bienvenida a {name}!\n\nGracias por registrarte. Confirma tu dirección de correo "
                "electrónico para activar tu cuenta:\n\n{url}\n\n"
                "Si no has creado una cuenta, ignora este mensaje.\n")],
        "ja": [("【{name}】メールアドレスの確認",
                "{name} への会員登録のお申し込みありがとうございます。\n\n"
                "下記のURLをクリックして、メールアドレスの確認と会員登録を完了してください。\n\n{url}\n\n"
                "お心当たりのない場合は、このメールを破棄してください。\n")]},
    "welcome": {
        "en": [("Welcome to {name}, {who}",
                "Hello {who},\n\nwelcome to {name}! Your account has been created.\n"
                "Thank you for joining us. Here is how to get started:\n\n{url}\n")],
        "de": [("Willkommen bei {name}",
                "Hallo {who},\n\nherzlich willkommen bei {name}! Ihr Konto wurde erfolgreich erstellt.\n"
                "Schön, dass Sie dabei sind. So geht es los:\n\n{url}\n")],
        "es": [("Te damos la bienvenida a {name}",
                "Hola {who}:\n\n¡Bienvenido a {name}! Tu cuenta ha sido creada.\n"
                "Gracias por unirte a nosotros. Empieza aquí:\n\n{url}\n")],
        "ja": [("【{name}】会員登録完了のお知らせ",
                "{who} 様\n\n{name} へようこそ。\n会員登録が完了しました。ご登録いただきありがとうございます。\n\n{url}\n")]},
    "signin": {
        "en": [("New sign-in to your {name} account",
                "Hello {who},\n\nwe noticed a new sign-in to your account from a new device.\n\n"
                "Device: Firefox on Linux\nIf this was you, you do not need to do anything. "
                "If not, secure your account:\n\n{url}\n")],
        "de": [("Neue Anmeldung bei Ihrem {name}-Konto",
                "Hallo {who},\n\nwir haben eine neue Anmeldung bei Ihrem Konto von einem neuen Gerät festgestellt.\n\n"
                "Gerät: Firefox unter Linux\nWenn Sie das waren, müssen Sie nichts tun. "
                "Falls nicht, sichern Sie Ihr Konto:\n\n{url}\n")],
        "es": [("Nuevo inicio de sesión en tu cuenta de {name}",
                "Hola {who}:\n\nHemos detectado un nuevo inicio de sesión en tu cuenta desde un dispositivo nuevo.\n\n"
                "Si has sido tú, no tienes que hacer nada. Si no, protege tu cuenta:\n\n{url}\n")],
        "ja": [("【{name}】新しい端末からのログインのお知らせ",
                "{who} 様\n\nお客様のアカウントに新しい端末からのログインがありました。\n\n"
                "ご本人によるログインの場合は、何もする必要はありません。\n"
                "お心当たりのない場合は、下記からパスワードを変更してください。\n\n{url}\n")]},
    "order": {
        "en": [("Your {name} order {number} has been received",
                "Hello {who},\n\nthank you for your order.\n\nOrder number: {number}\nTotal: {amount} EUR\n\n"
                "We will let you know when your order has shipped.\n"),
               ("Your order {number} has shipped",
                "Hello {who},\n\nyour order {number} has shipped and will be delivered soon.\n"
                "Track your package here:\n\n{url}\n")],
        "de": [("Ihre Bestellung {number} bei {name}",
                "Hallo {who},\n\nvielen Dank für Ihre Bestellung.\n\nBestellnummer: {number}\n"
                "Gesamtbetrag: {amount} EUR\n\nWir benachrichtigen Sie, sobald Ihre Bestellung versandt wurde.\n"),
               ("Ihre Bestellung {number} wurde versandt",
                "Hallo {who},\n\nIhre Bestellung {number} wurde versandt.\nSendung verfolgen:\n\n{url}\n")],
        "es": [("Confirmación de tu pedido {number}",
                "Hola {who}:\n\nGracias por tu pedido.\n\nNúmero de pedido: {number}\nTotal: {amount} EUR\n\n"
                "Te avisaremos cuando tu pedido haya sido enviado.\n")],
        "ja": [("【{name}】ご注文ありがとうございます（注文番号 {number}）",
                "{who} 様\n\nご注文いただき、ありがとうございます。\n\n注文番号：{number}\nお支払い金額：{number}円\n\n"
                "商品を発送しましたら、改めてメールでお知らせいたします。\n")]},
    "billing": {
        "en": [("Your {name} invoice {number}",
                "Hello {who},\n\nyour invoice {number} is now available.\n\nAmount due: {amount} EUR\n"
                "The payment will be charged to your payment method.\n\n{url}\n")],
        "de": [("Ihre Rechnung {number} von {name}",
                "Hallo {who},\n\nIhre Rechnung {number} steht bereit.\n\nRechnungsbetrag: {amount} EUR\n"
                "Der Betrag wird von Ihrem Konto abgebucht.\n\n{url}\n")],
        "es": [("Tu factura {number} de {name}",
                "Hola {who}:\n\nTu factura {number} ya está disponible.\n\nImporte total: {amount} EUR\n"
                "El cobro se realizará con tu método de pago.\n\n{url}\n")],
        "ja": [("【{name}】ご請求金額のお知らせ",
                "{who} 様\n\n今月のご請求金額が確定しました。\n\nご請求金額：{number}円\n"
                "お支払い方法：クレジットカード\n\n明細は下記からご確認ください。\n{url}\n")]},
    "bulk": {
        "en": [("Summer sale: up to 50% off everything",
                "Our biggest sale of the year is here! Save up to 50% on all shoes and jackets.\n\nShop now: {url}\n\n"
                "You receive this newsletter because you subscribed. Unsubscribe: {url}/out\n")],
        "de": [("Sommerschlussverkauf: bis zu 50 % Rabatt",
                "Jetzt sparen: bis zu 50 % Rabatt auf alle Schuhe und Jacken!\n\nJetzt einkaufen: {url}\n\n"
                "Sie erhalten diesen Newsletter, weil Sie ihn abonniert haben. Abmelden: {url}/out\n")],
        "es": [("Rebajas de verano: hasta un 50 % de descuento",
                "¡Las mejores ofertas del año! Hasta un 50 % de descuento en zapatos y chaquetas.\n\nCompra ahora: {url}\n\n"
                "Recibes este boletín porque te suscribiste. Darse de baja: {url}/out\n")],
        "ja": [("【{name}】夏のセール開催中！最大50%オフ",
                "今だけのお得なセールを開催中です。靴とジャケットが最大50%オフ！\n\n今すぐチェック：{url}\n\n"
                "メールマガジンの配信停止はこちら：{url}/out\n")]},
    "personal": {
        "en": [("Sunday", "Hi,\n\nshall we meet on Sunday? I will bring the cake.\n\nSee you,\nAnn\n")],
        "de": [("Sonntag", "Hallo,\n\nsehen wir uns am Sonntag? Ich bringe den Kuchen mit.\n\nBis dann\nAnna\n")],
        "es": [("El domingo", "Hola:\n\n¿Nos vemos el domingo? Llevaré la tarta.\n\nUn abrazo,\nAna\n")],
        "ja": [("日曜日", "こんにちは。\n\n日曜日に会いませんか。ケーキを持っていきますね。\n\nあんな\n")]},
}
ACCOUNT_KINDS = ("order", "billing", "signin", "reset", "code")


def encoded(subject):
    if subject.isascii():
        return subject
    return "=?utf-8?B?%s?=" % base64.b64encode(subject.encode()).decode()


def write(random, kind, language, service, recipient, number, proven=True):
    """One mail as text with LF: the header's first field is what a verifier in front wrote."""
    subject, body = random.choice(MAILS[kind][language])
    words = {"who": random.choice(("Robin", "Kim", "Sascha", "Andrea")),
             "name": service.split(".")[0].capitalize(), "url": "https://%s/a/%06x" % (service, number),
             "number": "%06d" % random.randrange(10 ** 6), "amount": "%d.90" % random.randrange(5, 300)}
    sender = "noreply@" + service
    fields = ""
    if proven:
        fields = "Authentication-Results: mx.example.com; dkim=pass header.d=%s\n" % service
    if kind == "personal":
        sender = "ann@" + service
        fields += "User-Agent: Mozilla Thunderbird\nIn-Reply-To: <%d@example.com>\n" % number
    if kind == "bulk":
        fields += "List-Unsubscribe: <https://%s/out>\nPrecedence: bulk\n" % service
    return fields + (
        "From: %s <%s>\nTo: %s\nSubject: %s\nDate: Mon, 02 Mar 2020 10:00:00 +0000\nMessage-ID: <%d@%s>\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s"
        % (words["name"], sender, recipient, encoded(subject.format(**words)), number, service,
           body.format(**words)))
